/** A vote is asked for: the voter's side of an election (rule 3). */
import type { NodeId } from '../model/node.ts';
import { bounds } from './bounds.ts';
import { candidacyOf } from './candidacy.ts';
import { confirmationRefusal, grantConfirmation } from './confirmation.ts';
import {
  askServers,
  beginFreeze,
  isElectionPurpose,
  isSettled,
  refusalByLooks,
  undoFreeze,
} from './evidence.ts';
import { grantLease, leaderYielded } from './lease.ts';
import type { Refusal, VoteOutcome, VoteRequest } from './messages.ts';
import { nameOf } from './names.ts';
import { heldOnLine, isWitness, learnLine } from './own-wal.ts';
import { closeTermsGivenUp, ledTermOf, openTerm, reignsOf } from './open-terms.ts';
import { answersOrAsk } from './primary-question.ts';
import { newerRecord } from './quorum.ts';
import { positionTold } from './replaced-directory.ts';
import { refusalInWords } from './refusals-in-words.ts';
import type { Consideration, State } from './state.ts';
import { noteTerm } from './terms-heard.ts';
import { isBehind, refusalOf } from './vote-refusals.ts';
import { become, change, explain, isRunning, later, send, store, type Turn } from './turn.ts';

export function onVoteRequest(turn: Turn, from: NodeId, request: VoteRequest): void {
  noteTerm(turn, from, request.term);
  learnLine(turn, request.line);
  closeTermsGivenUp(turn, from, request);
  if (request.purpose === 'confirmation') {
    const refusal = confirmationRefusal(turn.state, from, request);
    if (refusal === null) {
      grantConfirmation(turn, from, request);
    }
    answer(turn, from, request, toOutcome(refusal));
    return;
  }
  const refusal = refusalOf(turn.state, from, request);
  if (refusal !== null) {
    refuse(turn, from, request, refusal);
  } else if (isRepeatedVote(turn.state, from, request)) {
    grantLease(turn, from, request.term, request.leaseMs);
    answer(turn, from, request, { kind: 'granted' });
  } else {
    consider(turn, from, request);
  }
}

/** Freezes and asks; what comes of it is judged when both have ended. */
function consider(turn: Turn, from: NodeId, request: VoteRequest): void {
  const newest = newerRecord(turn.state.durable.record, request.record);
  if (newest !== turn.state.durable.record && request.purpose !== 'bootstrap') {
    store(turn, { record: newest });
  }
  const needsFreeze = isElectionPurpose(request.purpose);
  const answers = needsFreeze && !leaderYielded(turn.state) ? answersOrAsk(turn) : null;
  change(turn, {
    consideration: { candidate: from, request, begunAt: turn.now, frozenAt: null, answers },
  });
  if (needsFreeze && !isWitness(turn.state)) {
    beginFreeze(turn, turn.state.durable.leader?.node ?? null);
  }
  if (!needsFreeze) {
    askServers(turn, [from]);
  }
  reactConsideration(turn);
}

/** Decides as soon as the freeze and the servers' answers are there. */
export function reactConsideration(turn: Turn): void {
  const { consideration } = turn.state;
  if (consideration === null) {
    return;
  }
  if (!isConsidered(turn.state, consideration)) {
    if (turn.now - consideration.begunAt >= bounds.considerationMs) {
      change(turn, { consideration: null });
      undoFreeze(turn);
    }
    return;
  }
  const { candidate, request } = consideration;
  const refusal =
    refusalOf(turn.state, candidate, request) ??
    refusalByLooks(turn.state, consideration, isElectionPurpose(request.purpose));
  change(turn, { consideration: null });
  if (refusal !== null) {
    refuse(turn, candidate, request, refusal);
    undoFreeze(turn);
  } else {
    decide(turn, candidate, request);
  }
}

/** Its WAL is fetched by nobody, and it does not stand itself: then it keeps nobody from being elected. */
function isOutOfReach(state: State): boolean {
  return state.settings.walTailTimeoutMs === 0 && candidacyOf(state).kind === 'none';
}

/** Both kinds of answer bind: the term is stored, and the freeze stays until a leader of it is followed. */
function decide(turn: Turn, candidate: NodeId, request: VoteRequest): void {
  const { durable, position } = turn.state;
  const frozen = durable.frozen === null ? null : { ...durable.frozen, boundTerm: request.term };
  const isElection = isElectionPurpose(request.purpose);
  const held = heldOnLine(turn.state);
  if (isElection && held !== null && isBehind(held, request) && !isOutOfReach(turn.state)) {
    store(turn, { term: request.term, frozen });
    explain(turn, 3, 'answerBehind', `${nameOf(turn.state, candidate)} lacks WAL that this node has`, {
      candidate,
      term: request.term,
      lsn: held.lsn,
      candidateLsn: request.position?.lsn ?? null,
    });
    answer(turn, candidate, request, { kind: 'behind' }, held);
    letFetch(turn);
    return;
  }
  store(turn, {
    term: request.term,
    vote: { term: request.term, candidate, confirms: null },
    frozen,
    record: newerRecord(durable.record, request.record),
  });
  openTerm(turn, request.term, candidate);
  grantLease(turn, candidate, request.term, request.leaseMs);
  explain(turn, 3, 'grantVote', `votes for ${nameOf(turn.state, candidate)} in term ${request.term}`, {
    candidate,
    term: request.term,
    lsn: position?.lsn ?? null,
  });
  answer(turn, candidate, request, { kind: 'granted' });
}

/** What the candidate lacks it has in a moment; to stand against it meanwhile would cost both their terms. */
function letFetch(turn: Turn): void {
  const { role } = turn.state;
  const hasAsked = role.kind === 'candidate' && role.stage === 'asking';
  if (role.kind !== 'leader' && role.kind !== 'retiring' && !hasAsked) {
    const electionNotBefore = later(turn.now, bounds.behindPatienceMs);
    become(turn, { kind: 'follower', electionNotBefore, hasWaited: false, unarmedSince: null });
  }
}

/** The vote that it already has: asked for again because its lease ran out, or the answer was lost. */
function isRepeatedVote({ durable }: State, from: NodeId, request: VoteRequest): boolean {
  const isStillFrozen =
    request.purpose !== 'election' || durable.frozen === null || durable.frozen.boundTerm === request.term;
  return durable.vote?.term === request.term && durable.vote.candidate === from && isStillFrozen;
}

/** WAL that this node fetches, having wanted to stand itself, is its own in a moment: the candidate may lack it. */
function isConsidered(state: State, { request, frozenAt, answers }: Consideration): boolean {
  const isFetching = isRunning(state, 'fetchWal');
  return !isFetching && isSettled(state, isElectionPurpose(request.purpose), { frozenAt, answers });
}

function refuse(turn: Turn, candidate: NodeId, request: VoteRequest, refusal: Refusal): void {
  explain(
    turn,
    3,
    'refuseVote',
    `no vote for ${nameOf(turn.state, candidate)} in term ${request.term}: ${refusalInWords[refusal]}`,
    {
      candidate,
      term: request.term,
      refusal,
    },
  );
  answer(turn, candidate, request, toOutcome(refusal));
}

function toOutcome(refusal: Refusal | null): VoteOutcome {
  return refusal === null ? { kind: 'granted' } : { kind: 'refused', refusal };
}

function answer(
  turn: Turn,
  to: NodeId,
  request: VoteRequest,
  outcome: VoteOutcome,
  position = positionTold(turn.state),
): void {
  const { durable, highestTermHeard } = turn.state;
  send(turn, to, {
    kind: 'voteAnswer',
    term: request.term,
    mark: request.mark,
    outcome,
    highestTerm: Math.max(durable.term, highestTermHeard) as VoteRequest['term'],
    record: durable.record,
    position,
    reigns: reignsOf(turn.state),
    ledTerm: ledTermOf(turn.state),
  });
}
