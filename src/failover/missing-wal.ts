/** WAL that a candidate lacks and another node has: who has it, whether to wait for it, and how much may be lost (rule 8). */
import { passesByItself } from './evidence.ts';
import type { NodeId } from '../model/node.ts';
import { bounds } from './bounds.ts';
import { isUnadopted } from './branch.ts';
import type { VoteOutcome } from './messages.ts';
import { leftLine } from './own-wal.ts';
import { comparePositions, type Position, samePath } from './position.ts';
import { nameOf } from './names.ts';
import type { Ahead, Candidate, Canvassing, State } from './state.ts';
import { become, begin, change, explain, type Turn } from './turn.ts';

/** The node that has most of the WAL that this candidate lacks, of those whose WAL lies still. */
export function furthestAhead(state: State, { refusals }: Candidate): Ahead | undefined {
  return mostOf(
    state,
    refusals
      .filter(([, { outcome }]) => liesStill(outcome))
      .map(([node, { position }]) => ({ node, position })),
  );
}

/** It is frozen: it answered "behind", or acted in this term or a higher one already. */
function liesStill(outcome: VoteOutcome): boolean {
  return (
    outcome.kind === 'behind' ||
    (outcome.kind === 'refused' &&
      (outcome.refusal === 'votedForAnother' || outcome.refusal === 'termNotHigher'))
  );
}

/**
 * Who answered the pre-vote with WAL that this node lacks, or yielded: their votes are waited for, so that their WAL is
 * fetched before a quorum counts.
 */
export function awaitedBy(state: State, { answers }: Canvassing): readonly NodeId[] {
  const { leader } = state.durable;
  const hasTail = yielderHasTail(state);
  return answers
    .filter(
      ([node, { position, refusal }]) =>
        position !== null &&
        !isUnfetchable(state, node) &&
        ((refusal === null && isAhead(state, position)) || (hasTail && node === leader?.node)),
    )
    .map(([node]) => node);
}

/**
 * What who yielded answered the pre-vote with, where that is little: with more of it others would not wait so long for
 * a request of this node.
 */
export function tailOfYielder(state: State, { answers }: Canvassing): Ahead | null {
  const { durable, position: own, settings } = state;
  if (!yielderHasTail(state) || settings.walTailTimeoutMs === 0) {
    return null;
  }
  const yielder = answers.filter(([node]) => node === durable.leader?.node);
  const ahead = mostOf(
    state,
    yielder.map(([node, { position }]) => ({ node, position })),
  );
  const isLittle = ahead !== undefined && ahead.position.lsn - (own?.lsn ?? 0) <= bounds.earlyTailBytes;
  return isLittle ? ahead : null;
}

/** The last leader lives, its WAL lies still, and may have a tail that nobody else has. */
export function yielderHasTail({ durable: { leader, heardYields } }: State): boolean {
  return heardYields.some((it) => it.node === leader?.node && it.upToTerm >= leader.term && it.hasTail);
}

export function beginFetch(turn: Turn, role: Candidate, { node, position }: Ahead): void {
  explain(turn, 8, 'wait', `fetches WAL that it lacks from ${nameOf(turn.state, node)}`, {
    node,
    lsn: position.lsn,
  });
  become(turn, { ...role, fetchesFrom: node });
  begin(turn, 'fetchWal', (id) => ({ kind: 'fetchWal', id, from: node, position }));
}

/** A node with more WAL can't vote just now, but soon: its lease ends, or its server reads its WAL. */
export function isWorthWaiting(state: State, { answers }: Canvassing): boolean {
  const { leaderHeardAt, now, settings } = state;
  const silentMs = leaderHeardAt === null ? 0 : now.monotonicMs - leaderHeardAt;
  return (
    silentMs < settings.leaseMs + settings.reconnectMs &&
    answers.some(
      ([node, { position, refusal }]) =>
        position !== null &&
        (passesByItself(refusal) || refusal === 'lowerBound') &&
        !isUnfetchable(state, node) &&
        isAhead(state, position),
    )
  );
}

/** Its WAL could not be had: for a while an election goes on without it. */
export function noteUnfetchable(turn: Turn, node: NodeId): void {
  const others = turn.state.unfetchable.filter(([id]) => id !== node);
  change(turn, { unfetchable: [...others, [node, turn.now]] });
}

/** How much of the leader's flushed WAL would be lost at most, as far as it was heard of; `answers` may be fetched from. */
export function lagAfterFetch(state: State, answers: readonly Ahead[]): number {
  const { position, leaderFlushedLsn, durable } = state;
  const path = durable.leader?.path ?? null;
  const best = mostOf(state, answers)?.position ?? position;
  if (best === null || leaderFlushedLsn === null || path === null || !samePath(best.path, path)) {
    return 0;
  }
  return leaderFlushedLsn - best.lsn;
}

export function isUnfetchable({ unfetchable, now }: State, node: NodeId): boolean {
  return unfetchable.some(([id, since]) => id === node && now.monotonicMs - since < bounds.unfetchableMs);
}

function mostOf(
  state: State,
  answers: readonly { readonly node: NodeId; readonly position: Position | null }[],
): Ahead | undefined {
  let most: Ahead | undefined;
  for (const { node, position } of answers) {
    const isMore =
      position !== null &&
      isAhead(state, position) &&
      !isUnfetchable(state, node) &&
      (most === undefined || comparePositions(position, most.position).order > 0);
    if (isMore) {
      most = { node, position };
    }
  }
  return most;
}

function isAhead({ durable: { line }, position: own }: State, position: Position): boolean {
  /** Nobody waits for what a hand wrote on a branch of its own. */
  const isOnLine = !isUnadopted(position) && (line === null || !leftLine(position, line.path));
  return own !== null && isOnLine && comparePositions(position, own).order > 0;
}
