/** What speaks against a vote: first by the voter itself, then by the request, then by the candidate's WAL (rule 3). */
import type { NodeId } from '../model/node.ts';
import { bootstrapRefusal } from './bootstrap.ts';
import { isElectionPurpose } from './evidence.ts';
import { leaseBinds } from './lease.ts';
import type { Refusal, VoteRequest } from './messages.ts';
import { isDiverged, isWitness, isWritable, leftLine } from './own-wal.ts';
import { isPaused } from './pause.ts';
import { comparePositions, isOnPath, type Position } from './position.ts';
import { compareVersions, isMember } from './quorum.ts';
import type { State } from './state.ts';
import { noTerm } from './term.ts';
import type { VoterRecord } from './voter-record.ts';

/** What a voter would say without a freeze and without a question; null: nothing speaks against a vote. */
export function statusRefusal(state: State): Refusal | null {
  const { durable, settings, role, position } = state;
  if (durable.hasLostState || durable.record === null) {
    return 'noState';
  }
  if (!isMember(durable.record, settings.self)) {
    return 'notAMember';
  }
  if (role.kind === 'leader' || role.kind === 'retiring') {
    return 'leadsItself';
  }
  if (isWritable(state)) {
    return 'primaryAnswers';
  }
  if (isPaused(state)) {
    return 'paused';
  }
  if (isWitness(state)) {
    return null;
  }
  if (position === null) {
    return 'walUnreadable';
  }
  /** Diverged WAL was given up when a newer term was won: its node votes as a witness does. */
  return position.isExact || isDiverged(state) ? null : 'lowerBound';
}

export function refusalOf(state: State, from: NodeId, request: VoteRequest): Refusal | null {
  const { durable, consideration, settings } = state;
  if (request.purpose === 'bootstrap') {
    return bootstrapRefusal(state, from, request);
  }
  const basic = statusRefusal(state);
  if (basic === 'noState' || basic === 'leadsItself') {
    return basic;
  }
  if (durable.record !== null && compareVersions(request.record.version, durable.record.version) < 0) {
    return 'olderRecord';
  }
  if (!isMember(request.record, settings.self) || !isMember(request.record, from)) {
    return 'notAMember';
  }
  if (durable.record !== null && !isSameFirstRecord(durable.record, request.record)) {
    return 'olderRecord';
  }
  if (request.term < durable.term) {
    return 'termNotHigher';
  }
  if (durable.vote?.term === request.term && durable.vote.candidate !== from) {
    return 'votedForAnother';
  }
  if (request.term === durable.term && durable.leader?.term === request.term) {
    return 'termNotHigher';
  }
  if (leaseBinds(state, from)) {
    return 'leaseInForce';
  }
  if (basic !== null && basic !== 'notAMember') {
    return basic;
  }
  if (consideration !== null && consideration.candidate !== from) {
    return 'busy';
  }
  return candidateRefusal(state, from, request);
}

/** First records are made by each node from its own metadata: those of two nodes may differ. */
function isSameFirstRecord(own: VoterRecord, other: VoterRecord): boolean {
  return (
    own.version.term > noTerm ||
    other.version.term > noTerm ||
    (own.voters.length === other.voters.length && own.voters.every((node) => other.voters.includes(node)))
  );
}

/** What the candidate's own WAL says against it. */
function candidateRefusal(state: State, from: NodeId, request: VoteRequest): Refusal | null {
  const { position, durable, settings, leaderFlushedLsn } = state;
  const line = durable.line?.path ?? null;
  if (request.position === null || (line !== null && leftLine(request.position, line))) {
    return 'candidateDiverged';
  }
  const isElection = isElectionPurpose(request.purpose);
  if (isElection) {
    const { order, isDivergent } =
      position === null || isWitness(state) || isDiverged(state)
        ? { order: 0, isDivergent: false }
        : comparePositions(request.position, position);
    return isDivergent ? (order < 0 ? 'candidateDiverged' : 'diverged') : null;
  }
  const isTooFarBehind =
    line !== null &&
    line.length === request.position.path.length &&
    (leaderFlushedLsn ?? 0) - request.position.lsn > settings.failoverMaxLagBytes;
  const missesOurs =
    position !== null &&
    !isWitness(state) &&
    !isDiverged(state) &&
    !isContained(position, request.position) &&
    !comesFrom(state, from, position, request.position);
  return isTooFarBehind || missesOurs ? 'candidateDiverged' : null;
}

/** What streams in from a writable candidate may be newer than its last look at its own WAL. */
function comesFrom({ server }: State, from: NodeId, position: Position, candidate: Position): boolean {
  return server?.receiver?.upstream === from && isOnPath(position, candidate.path);
}

function isContained(position: Position, candidate: Position): boolean {
  const { order, isDivergent } = comparePositions(position, candidate);
  return isOnPath(position, candidate.path) && !isDivergent && order <= 0;
}

export function isBehind(position: Position, request: VoteRequest): boolean {
  return request.position === null || comparePositions(request.position, position).order < 0;
}
