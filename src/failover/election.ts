/** Pre-vote: whether an election is wanted, would be won, and who goes first (rule 2). */
import type { NodeId } from '../model/node.ts';
import { bounds } from './bounds.ts';
import { candidacyOf, healthOf } from './candidacy.ts';
import { firstElectionAt, isPrimarysTurn, takeFirstRecord } from './first-election.ts';
import { noteLeadsNothing } from './ask-who-leads.ts';
import { ownVoteSuffices } from './ballot.ts';
import { standForElection } from './candidate.ts';
import { passesByItself, stillnessLeftMs } from './evidence.ts';
import { leaderYielded, leaseBinds, leaseLeftMs } from './lease.ts';
import { mayHoldAcknowledged } from './known-positions.ts';
import { awaitedBy, isWorthWaiting, lagAfterFetch, tailOfYielder } from './missing-wal.ts';
import type { StatusAnswer, StatusRequest } from './messages.ts';
import { ledTermOf } from './open-terms.ts';
import { isWritable, learnLine, learnPath } from './own-wal.ts';
import { askAhead } from './primary-question.ts';
import { roundEndsAt } from './pre-vote.ts';
import { isQuorum, membersOf, newerRecord } from './quorum.ts';
import { rankOf } from './ranking.ts';
import { learnHowFar, positionTold } from './replaced-directory.ts';
import type { Canvassing, Follower, State } from './state.ts';
import { explainStayingOut, explainUnknownPositions } from './staying-out.ts';
import type { Term } from './term.ts';
import { noteTerm } from './terms-heard.ts';
import { become, change, explain, later, send, store, type Turn } from './turn.ts';
import type { VoterRecord } from './voter-record.ts';
import { statusRefusal } from './vote-refusals.ts';

/** What the end of a lease demands of a follower. */
export function reactElection(turn: Turn, role: Follower): void {
  if (turn.now >= electionAt(turn.state, role) && turn.state.consideration === null) {
    takeFirstRecord(turn);
    canvass(turn, false, role.hasWaited);
  }
}

/**
 * When this node wants an election if nothing more is heard; `never` while it does not. The pre-vote is begun so early
 * that it is over when the lease ends, since who is dead will not answer it.
 */
export function electionAt(state: State, role: Follower): number {
  const { lease, settings, leaderHeardAt, standsNotBefore } = state;
  if (state.durable.leader === null) {
    return firstElectionAt(state, role);
  }
  if (isWritable(state) || candidacyOf(state).kind === 'none') {
    return Number.MAX_SAFE_INTEGER;
  }
  const isLeased = lease.kind === 'granted' && lease.holder !== settings.self;
  const leaseEnd = isLeased ? lease.endsAt - bounds.statusRoundMs : 0;
  const delayed =
    leaderHeardAt === null || leaderYielded(state) ? 0 : leaderHeardAt + settings.electionDelayMs;
  return Math.max(leaseEnd, delayed, role.electionNotBefore, standsNotBefore);
}

export function canvass(turn: Turn, isByOperator: boolean, hasWaited: boolean): void {
  const { durable, settings } = turn.state;
  if (durable.record === null) {
    return;
  }
  const round = turn.state.statusRound + 1;
  change(turn, { statusRound: round });
  become(turn, {
    kind: 'canvassing',
    round,
    begunAt: turn.now,
    lastAskedAt: turn.now,
    isByOperator,
    hasWaited,
    answers: [],
    heardAt: null,
  });
  askAhead(turn);
  askForStatus(turn, round, durable.record, othersOf(durable.record, settings.self));
}

function askForStatus(turn: Turn, round: number, record: VoterRecord, nodes: readonly NodeId[]): void {
  const { durable, highestTermHeard } = turn.state;
  const highestTerm = Math.max(durable.term, highestTermHeard) as Term;
  for (const node of nodes) {
    send(turn, node, { kind: 'statusRequest', round, highestTerm, record });
  }
}

function othersOf(record: VoterRecord, self: NodeId): readonly NodeId[] {
  return membersOf(record).filter((node) => node !== self);
}

export function onStatusRequest(turn: Turn, from: NodeId, request: StatusRequest): void {
  noteTerm(turn, from, request.highestTerm);
  adoptRecord(turn, request.record);
  const { state } = turn;
  const { durable } = state;
  const leasedMs = leaseBinds(state, from) ? leaseLeftMs(state) : 0;
  const stillMs = stillnessLeftMs(state);
  const passing = leasedMs > 0 ? 'leaseInForce' : stillMs > 0 ? 'walMoved' : null;
  const candidacy = candidacyOf(state);
  send(turn, from, {
    kind: 'statusAnswer',
    round: request.round,
    highestTerm: Math.max(durable.term, state.highestTermHeard) as Term,
    leader: durable.leader?.node ?? null,
    leaderTerm: durable.leader?.term ?? (0 as Term),
    ledTerm: ledTermOf(state),
    line: durable.line,
    refusal: statusRefusal(state) ?? passing,
    leaseLeftMs: Math.max(leasedMs, stillMs),
    record: durable.record,
    position: positionTold(state),
    health: healthOf(state),
    candidacy,
  });
}

export function onStatusAnswer(turn: Turn, from: NodeId, answer: StatusAnswer): void {
  noteTerm(turn, from, answer.highestTerm);
  adoptRecord(turn, answer.record);
  learnLine(turn, answer.line);
  relearnMakers(turn, answer);
  noteLeadsNothing(turn, from, answer);
  learnHowFar(turn, from, answer);
  const { role } = turn.state;
  if (role.kind === 'canvassing' && role.round === answer.round) {
    const answers = [...role.answers.filter(([node]) => node !== from), [from, answer] as const];
    become(turn, { ...role, answers, heardAt: role.heardAt ?? turn.now });
  }
}

/** Judges the round once everybody answered, or its time is over. */
export function reactCanvass(turn: Turn, role: Canvassing): void {
  const { durable, settings, consideration } = turn.state;
  const { record } = durable;
  if (record === null || consideration !== null) {
    waitUntil(turn, bounds.canvassPauseMs, role.hasWaited);
    return;
  }
  const others = othersOf(record, settings.self);
  const missing = others.filter((node) => !role.answers.some(([from]) => from === node));
  const isSilent = (node: NodeId) => role.answers.length > 0 && turn.state.silentVoters.includes(node);
  const hasAll = missing.every(isSilent);
  const grants = (node: NodeId) =>
    node === settings.self || role.answers.some(([from, answer]) => from === node && answer.refusal === null);
  const needsQuorum = settings.failoverQuorum === 'majority';
  const isEnough = needsQuorum
    ? isQuorum(record, grants) || ownVoteSuffices(turn.state, role.answers.length > 0)
    : role.answers.every(([node]) => grants(node));
  if (!hasAll && turn.now < roundEndsAt(turn.state, role, isEnough)) {
    /** A message may be lost, and with it WAL that only who yielded has. */
    if (turn.now - role.lastAskedAt >= bounds.voteRetryMs) {
      become(turn, { ...role, lastAskedAt: turn.now });
      askForStatus(turn, role.round, record, missing);
    }
    return;
  }
  change(turn, { silentVoters: missing });
  if (!isEnough) {
    stayOut(turn, role, explainStayingOut);
    return;
  }
  if (!role.isByOperator && !mayHoldAcknowledged(turn.state, role)) {
    stayOut(turn, role, explainUnknownPositions);
    return;
  }
  if (role.answers.some(([, { refusal }]) => refusal === 'primaryAnswers')) {
    waitUntil(turn, settings.leaseMs / 2, role.hasWaited);
    return;
  }
  if (isPrimarysTurn(turn.state, role)) {
    waitUntil(turn, turn.state.settings.reconnectMs, false);
    return;
  }
  if (!role.isByOperator && (isWorthWaiting(turn.state, role) || isTooFarBehind(turn, role))) {
    waitUntil(turn, 2 * bounds.canvassPauseMs, role.hasWaited);
    return;
  }
  const leftMs = leaseLeftMs(turn.state);
  if (leftMs > 0 && !role.isByOperator) {
    waitUntil(turn, leftMs, role.hasWaited);
    return;
  }
  const rank = rankOf(turn.state, role);
  if (rank === 0 || role.hasWaited) {
    standForElection(turn, role, awaitedBy(turn.state, role), tailOfYielder(turn.state, role));
  } else {
    waitUntil(turn, rank * bounds.rankBackOffMs * (1 + turn.random), true);
  }
}

/** Whatever it fetched, too much of what the primary had flushed would be lost. */
function isTooFarBehind(turn: Turn, { answers }: Canvassing): boolean {
  const others = answers.flatMap(([node, { position }]) => (position === null ? [] : [{ node, position }]));
  const { walTailTimeoutMs, failoverMaxLagBytes } = turn.state.settings;
  const lag = lagAfterFetch(turn.state, walTailTimeoutMs === 0 ? [] : others);
  if (lag > failoverMaxLagBytes) {
    explain(turn, 2, 'stayOut', 'no election: too much of what the primary had flushed would be lost', {
      lag,
    });
  }
  return lag > failoverMaxLagBytes;
}

/** Too few would grant: looks again when the next of them may. */
function stayOut(turn: Turn, role: Canvassing, explainWhy: typeof explainStayingOut): void {
  const left = role.answers
    .map(([, answer]) => answer)
    .filter(({ refusal }) => passesByItself(refusal))
    .map(({ leaseLeftMs: ms }) => ms - (turn.now - role.begunAt));
  const isLong = left.length === 0;
  const wait = isLong ? 2 * bounds.canvassPauseMs * (1 + turn.random) : Math.min(...left) + turn.random * 10;
  if (isLong || role.isByOperator) {
    explainWhy(turn, role);
  }
  waitUntil(turn, Math.max(bounds.canvassPauseMs / 4, Math.min(wait, 1_000)), false);
}

function waitUntil(turn: Turn, ms: number, hasWaited: boolean): void {
  become(turn, {
    kind: 'follower',
    electionNotBefore: later(turn.now, ms),
    hasWaited,
    unarmedSince: null,
  });
}

/** It lost its state file, and is told that it led: who made its timelines is what it was told of then. */
function relearnMakers(turn: Turn, { leader, line }: StatusAnswer): void {
  const { durable, settings } = turn.state;
  if (durable.hasLostState && leader === settings.self && line !== null) {
    learnPath(turn, line.path);
  }
}

/** The highest version heard counts, whoever brought it. */
function adoptRecord(turn: Turn, record: StatusAnswer['record']): void {
  const { durable, role } = turn.state;
  if (role.kind === 'leader' || (durable.hasLostState && !isWritable(turn.state))) {
    return;
  }
  const newest = newerRecord(durable.record, record);
  if (newest !== durable.record) {
    store(turn, { record: newest });
  }
}
