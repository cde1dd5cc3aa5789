/** A candidate: proves to itself what a voter would prove, votes for itself, asks the others, counts (rules 2 to 4). */
import type { NodeId } from '../model/node.ts';
import { furthestAhead, hasQuorum, isBehindAnswer, isHopeless } from './ballot.ts';
import { bounds } from './bounds.ts';
import { candidacyOf } from './candidacy.ts';
import {
  askServers,
  beginFreeze,
  isElectionPurpose,
  isSettled,
  refusalByLooks,
  undoFreeze,
} from './evidence.ts';
import type { MonotonicMs } from './instant.ts';
import { endLease, grantLease, leaseBinds } from './lease.ts';
import type { VoteAnswer, VoteRequest } from './messages.ts';
import { nameOf } from './names.ts';
import type { Position } from './position.ts';
import { membersOf, newerRecord } from './quorum.ts';
import type { Candidate, State } from './state.ts';
import { noTerm, type Term } from './term.ts';
import { nextTerm, noteTerm } from './terms-heard.ts';
import { become, begin, change, explain, isRunning, later, send, store, type Turn } from './turn.ts';
import type { VoterRecord } from './voter-record.ts';
import { askForVotes } from './vote-requests.ts';
import { win } from './winning.ts';

export function standForElection(turn: Turn, isByOperator: boolean, yielder: NodeId | null): void {
  const { record } = turn.state.durable;
  if (record !== null) {
    beginCandidacy(turn, 'election', record, isByOperator, yielder);
    beginFreeze(turn);
  }
}

/** For a server that is writable already: its first term, or one above those it hears of. Nobody freezes. */
export function standAsWritable(turn: Turn, purpose: 'bootstrap' | 'writable', record: VoterRecord): void {
  beginCandidacy(turn, purpose, record, false, null);
}

export function onVoteAnswer(turn: Turn, from: NodeId, answer: VoteAnswer): void {
  noteTerm(turn, from, answer.highestTerm);
  const { role } = turn.state;
  const { mark, outcome } = answer;
  const isOfThisLife = mark.incarnation === turn.state.incarnation && mark.sentAt <= turn.now;
  if (role.kind === 'leader' && role.confirmation?.term === answer.term && isOfThisLife) {
    if (outcome.kind === 'granted') {
      const votes = [...role.confirmation.votes, { voter: from, sentAt: mark.sentAt }];
      become(turn, { ...role, confirmation: { ...role.confirmation, votes } });
    }
    return;
  }
  if (role.kind !== 'candidate' || role.stage !== 'asking' || role.term !== answer.term || !isOfThisLife) {
    return;
  }
  const refusals = role.refusals.filter(([node]) => node !== from);
  if (outcome.kind === 'granted') {
    const votes = [...role.votes.filter(({ voter }) => voter !== from), { voter: from, sentAt: mark.sentAt }];
    become(turn, { ...role, votes, refusals });
  } else {
    become(turn, { ...role, refusals: [...refusals, [from, answer]] });
  }
}

export function reactCandidate(turn: Turn, role: Candidate): void {
  if (role.stage === 'preparing') {
    prepare(turn, role);
    return;
  }
  const { state, now } = turn;
  if (hasQuorum(state, role)) {
    win(turn, role);
  } else if (isRunning(state, 'fetchWal')) {
    return;
  } else if (!fetchMissing(turn, role)) {
    if (
      isHopeless(state, role) ||
      (now - role.begunAt >= bounds.candidacyMs && role.purpose !== 'bootstrap')
    ) {
      giveUp(turn, role);
    } else if (now - role.lastAskedAt >= bounds.voteRetryMs) {
      askForVotes(turn, role);
    }
  }
}

/** WAL was fetched: asks those who were ahead again, in the same term. */
export function onWalFetched(turn: Turn, frozenAt: Position | null): void {
  const { role } = turn.state;
  if (role.kind === 'candidate' && role.stage === 'asking') {
    const fetched: Candidate = {
      ...role,
      frozenAt,
      refusals: role.refusals.filter(([, it]) => !isBehindAnswer(it)),
    };
    askForVotes(turn, fetched);
  }
}

/** Stored and said: it ends the leases of the votes that were given. */
export function giveUp(turn: Turn, role: Candidate): void {
  const { durable, settings, now } = turn.state;
  const pause = bounds.canvassPauseMs + turn.random * bounds.rankBackOffMs * 4;
  become(turn, {
    kind: 'follower',
    electionNotBefore: later(now.monotonicMs, pause),
    hasWaited: false,
    unarmedSince: role.unarmedSince,
  });
  if (role.stage === 'preparing') {
    undoFreeze(turn);
    return;
  }
  store(turn, { givenUp: Math.max(durable.givenUp, role.term) as Term });
  endLease(turn, 'givenUp');
  explain(turn, 3, 'giveUp', `gives up term ${role.term}: too few votes`, {
    term: role.term,
    votes: role.votes.map(({ voter }) => voter),
    refusals: role.refusals
      .map(([node, { outcome }]) => `${node} ${outcome.kind === 'refused' ? outcome.refusal : outcome.kind}`)
      .join(', '),
  });
  for (const node of membersOf(role.record)) {
    if (node !== settings.self) {
      send(turn, node, { kind: 'termGivenUp', term: role.term });
    }
  }
}

function beginCandidacy(
  turn: Turn,
  purpose: VoteRequest['purpose'],
  record: VoterRecord,
  isByOperator: boolean,
  yielder: NodeId | null,
): void {
  const { role } = turn.state;
  become(turn, {
    kind: 'candidate',
    purpose,
    term: nextTerm(turn.state),
    record,
    begunAt: turn.now,
    isByOperator,
    yielder,
    stage: 'preparing',
    frozenAt: null,
    answers: null,
    votes: [],
    refusals: [],
    lastAskedAt: turn.now,
    unarmedSince: role.kind === 'follower' ? role.unarmedSince : null,
  });
  askServers(turn, []);
}

function prepare(turn: Turn, role: Candidate): void {
  const { state, now } = turn;
  const isElection = isElectionPurpose(role.purpose);
  if (state.durable.hasLostState && isWithin(bounds.relearnMs, role, now) && hasUnknownMakers(state)) {
    return;
  }
  if (!isSettled(state, isElection, role)) {
    if (now - role.begunAt >= bounds.considerationMs) {
      giveUp(turn, role);
    }
    return;
  }
  const isUnfit = isElection && candidacyOf(state, role.isByOperator).kind === 'none';
  const refusal = refusalByLooks(state, role, isElection);
  if (isUnfit || refusal !== null || leaseBinds(state, state.settings.self)) {
    explain(turn, 3, 'stayOut', `does not stand: ${refusal ?? 'it is no candidate any more'}`, { refusal });
    giveUp(turn, role);
    return;
  }
  voteForItself(turn, role);
}

function voteForItself(turn: Turn, role: Candidate): void {
  const { state } = turn;
  const { durable, settings } = state;
  const term = role.purpose === 'bootstrap' ? (1 as Term) : nextTerm(state);
  const record =
    role.purpose === 'bootstrap' ? role.record : (newerRecord(durable.record, role.record) ?? role.record);
  const frozen =
    isElectionPurpose(role.purpose) && durable.frozen !== null
      ? { ...durable.frozen, boundTerm: term }
      : durable.frozen;
  store(turn, { term, vote: { term, candidate: settings.self, confirms: null }, frozen });
  grantLease(turn, settings.self, term, settings.leaseMs);
  explain(turn, 2, 'standForElection', `stands for election in term ${term}`, {
    term,
    lsn: state.position?.lsn ?? null,
    purpose: role.purpose,
  });
  askForVotes(turn, { ...role, term, record, stage: 'asking' });
}

/** It lost its state file: the others tell who made its timelines. */
function hasUnknownMakers({ position }: State): boolean {
  return position !== null && position.path.some(({ term }) => term === noTerm);
}

function isWithin(ms: number, { begunAt }: Candidate, now: MonotonicMs): boolean {
  return now - begunAt < ms;
}

/** Fetches from the voter that has most, if one answered that it is ahead. */
function fetchMissing(turn: Turn, role: Candidate): boolean {
  const ahead = furthestAhead(turn.state, role);
  if (ahead === undefined) {
    return false;
  }
  const { node, position } = ahead;
  if (turn.state.settings.walTailTimeoutMs === 0) {
    giveUp(turn, role);
    return true;
  }
  explain(turn, 8, 'wait', `fetches WAL that it lacks from ${nameOf(turn.state, node)}`, {
    node,
    lsn: position.lsn,
  });
  begin(turn, 'fetchWal', (id) => ({ kind: 'fetchWal', id, from: node, position }));
  return true;
}

/** The candidate's own answers to what it asked, as a voter's. */
export function noteCandidateEvidence(
  turn: Turn,
  part: Partial<Pick<Candidate, 'frozenAt' | 'answers'>>,
): void {
  const { role, consideration } = turn.state;
  if (role.kind === 'candidate' && role.stage === 'preparing') {
    become(turn, { ...role, ...part });
  }
  if (consideration !== null) {
    change(turn, { consideration: { ...consideration, ...part } });
  }
}
