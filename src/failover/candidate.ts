/** A candidate: proves to itself what a voter would prove, votes for itself, asks the others, counts (rules 2 to 4). */
import type { NodeId } from '../model/node.ts';
import { hasWon, isHopeless } from './ballot.ts';
import { bounds } from './bounds.ts';
import { askServers, isElectionPurpose } from './evidence.ts';
import { firstRecord } from './first-record.ts';
import { giveUp } from './giving-up.ts';
import { leaderYielded } from './lease.ts';
import type { VoteAnswer, VoteRequest } from './messages.ts';
import { beginFetch, furthestAhead, lagAfterFetch, noteUnfetchable } from './missing-wal.ts';
import { type EndOfWal, isWritable, lookAtWal, takePath } from './own-wal.ts';
import { prepareCandidacy } from './preparation.ts';
import { answersOrAsk } from './primary-question.ts';
import { compareVersions } from './quorum.ts';
import type { Ahead, Candidate, Canvassing } from './state.ts';
import { nextTerm, noteTerm } from './terms-heard.ts';
import { become, change, explain, isRunning, type Turn } from './turn.ts';
import type { VoterRecord } from './voter-record.ts';
import { askForVotes } from './vote-requests.ts';
import { win } from './winning.ts';

export function standForElection(
  turn: Turn,
  { isByOperator, answers }: Canvassing,
  awaited: readonly NodeId[],
  tail: Ahead | null,
): void {
  const { record } = turn.state.durable;
  if (record !== null) {
    const answered = answers.map(([node]) => node);
    beginCandidacy(turn, 'election', record, { isByOperator, isForced: false, awaited, tail, answered });
  }
}

/** Forced by an operator: whoever votes within a moment is the new set, be it this node alone (rule 12). */
export function standForced(turn: Turn): void {
  const { durable, metadata } = turn.state;
  const part = { isByOperator: true, isForced: true, awaited: [], tail: null, answered: null };
  const purpose = isWritable(turn.state) ? 'writable' : 'election';
  beginCandidacy(turn, purpose, durable.record ?? firstRecord(metadata.nodes), part);
}

/** For a server that is writable already: its first term, or one above those it hears of. Nobody freezes. */
export function standAsWritable(turn: Turn, purpose: 'bootstrap' | 'writable', record: VoterRecord): void {
  beginCandidacy(turn, purpose, record, {
    isByOperator: false,
    isForced: false,
    awaited: [],
    tail: null,
    answered: null,
  });
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
  const others = role.bound.filter(([node]) => node !== from);
  const bound = outcome.kind === 'refused' ? role.bound : [...others, [from, answer] as const];
  if (outcome.kind === 'granted') {
    const votes = [...role.votes.filter(({ voter }) => voter !== from), { voter: from, sentAt: mark.sentAt }];
    become(turn, { ...role, votes, refusals, bound });
  } else {
    become(turn, { ...role, bound, refusals: [...refusals, [from, answer]] });
  }
}

export function reactCandidate(turn: Turn, role: Candidate): void {
  if (role.stage === 'preparing') {
    prepareCandidacy(turn, role);
    return;
  }
  const { state, now } = turn;
  const isElection = role.purpose === 'election';
  if (isRunning(state, 'fetchWal')) {
    return;
  }
  const ahead = isElection ? furthestAhead(state, role) : undefined;
  if (ahead !== undefined) {
    fetchMissing(turn, role, ahead);
  } else if (hasWon(state, role)) {
    winUnlessTooFarBehind(turn, role);
  } else {
    if ((!role.isForced && isHopeless(state, role)) || now - role.begunAt >= bounds.candidacyMs) {
      giveUp(turn, role);
    } else if (now - role.lastAskedAt >= bounds.voteRetryMs) {
      askForVotes(turn, role);
    }
  }
}

/** WAL was fetched: asks those who were ahead again, in the same term, if it has asked already. */
export function onWalFetched(turn: Turn, end: EndOfWal): void {
  const { role } = turn.state;
  const source = role.kind === 'candidate' ? (role.tail ?? furthestAhead(turn.state, role)) : undefined;
  if (source === undefined) {
    lookAtWal(turn, end);
  } else {
    takePath(turn, end, source.position.path);
  }
  if (role.kind === 'candidate' && role.tail !== null) {
    become(turn, { ...role, tail: null, fetchesFrom: null, frozenAt: turn.state.position });
    return;
  }
  if (role.kind === 'candidate' && role.stage === 'asking') {
    if (role.fetchesFrom !== null && furthestAhead(turn.state, role)?.node === role.fetchesFrom) {
      noteUnfetchable(turn, role.fetchesFrom);
    }
    const fetched: Candidate = {
      ...role,
      frozenAt: turn.state.position,
      refusals: [],
    };
    askForVotes(turn, fetched);
  }
}

function beginCandidacy(
  turn: Turn,
  purpose: VoteRequest['purpose'],
  record: VoterRecord,
  part: Pick<Candidate, 'isByOperator' | 'isForced' | 'awaited' | 'tail' | 'answered'>,
): void {
  const { role } = turn.state;
  const isFailover = isElectionPurpose(purpose);
  const answers = isFailover && !leaderYielded(turn.state) ? answersOrAsk(turn) : null;
  become(turn, {
    kind: 'candidate',
    purpose,
    term: nextTerm(turn.state),
    record,
    begunAt: turn.now,
    ...part,
    stage: 'preparing',
    frozenAt: null,
    answers,
    votes: [],
    refusals: [],
    bound: [],
    fetchesFrom: null,
    lastAskedAt: turn.now,
    unarmedSince: role.kind === 'follower' ? role.unarmedSince : null,
  });
  if (!isFailover) {
    askServers(turn, []);
  }
}

/** Nobody's WAL is left behind: it is fetched before a quorum counts. */
function fetchMissing(turn: Turn, role: Candidate, ahead: Ahead): void {
  if (turn.state.settings.walTailTimeoutMs === 0) {
    noteUnfetchable(turn, ahead.node);
    giveUp(turn, role);
    return;
  }
  beginFetch(turn, role, ahead);
}

/** What the last leader is known to have flushed may be lost up to a bound; an operator may lose more. */
function winUnlessTooFarBehind(turn: Turn, role: Candidate): void {
  const { settings } = turn.state;
  const lag = lagAfterFetch(turn.state, []);
  const { record } = turn.state.durable;
  if (record !== null && compareVersions(record.version, role.record.version) > 0) {
    explain(turn, 10, 'stayOut', 'a newer record was heard of than that by which it was voted for', {});
    giveUp(turn, role);
  } else if (role.purpose === 'election' && !role.isByOperator && lag > settings.failoverMaxLagBytes) {
    explain(turn, 2, 'stayOut', 'too much of what the primary had flushed would be lost', { lag });
    giveUp(turn, role, settings.leaseMs);
  } else {
    win(turn, role);
  }
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
