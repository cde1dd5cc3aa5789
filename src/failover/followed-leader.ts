/** Whom a standby may follow, whether its WAL allows it, and the beginning of that (rules 3, 4, 9). */
import type { NodeId } from '../model/node.ts';
import type { KnownLeader } from './durable.ts';
import { isInTouch, isYieldedBy } from './lease.ts';
import { nameOf } from './names.ts';
import { isWitness, isWritable } from './own-wal.ts';
import { isOnPath } from './position.ts';
import { hasForgottenWord } from './replaced-directory.ts';
import type { State } from './state.ts';
import { begin, change, explain, isRunning, type Turn } from './turn.ts';

/** The leader whose lease this node holds, once its PostgreSQL is writable; a bound freeze wants a term of its own. */
export function followedLeader(state: State): KnownLeader | null {
  const { durable, role, lease, settings } = state;
  const { leader, frozen } = durable;
  if (leader === null || !leader.isWritable || leader.node === settings.self || role.kind !== 'follower') {
    return null;
  }
  const isLeased = lease.kind === 'granted' && lease.holder === leader.node && lease.term === leader.term;
  const isBound = hasForgottenWord(state) || (frozen !== null && (frozen.boundTerm ?? 0) > leader.term);
  return (isInTouch(state) || isLeased) && !isBound && !isYieldedBy(state, leader.node, leader.term)
    ? leader
    : null;
}

/** Its WAL is no part of the line that the leader writes on: made by hand, strayed, or beyond a fork. */
export function cannotFollow({ position, durable }: State, leader: KnownLeader): boolean {
  return (
    durable.hasStrayed ||
    durable.isRejoining ||
    (position !== null && leader.path !== null && !isOnPath(position, leader.path))
  );
}

/** Its server is no standby that runs, its WAL is being judged, or something is being done to it already. */
export function isOccupied(state: State): boolean {
  const { server, consideration } = state;
  const isUp = server !== null && server.condition === 'running' && server.isInRecovery === true;
  return (
    !isUp ||
    isWitness(state) ||
    isWritable(state) ||
    state.position?.isExact !== true ||
    consideration !== null ||
    isRunning(state, 'follow') ||
    isRunning(state, 'rejoin') ||
    isRunning(state, 'startAsStandby') ||
    isRunning(state, 'freeze')
  );
}

/** Begins to stream from `upstream`: the leader, or a standby of it that an operator has named. */
export function follow(turn: Turn, leader: KnownLeader, upstream: NodeId = leader.node): void {
  change(turn, {
    following: { node: leader.node, term: leader.term, isDone: false, isOnLine: true, since: turn.now },
  });
  explain(turn, 4, 'follow', `follows ${nameOf(turn.state, upstream)}`, {
    leader: leader.node,
    term: leader.term,
  });
  begin(turn, 'follow', (id) => ({ kind: 'follow', id, node: upstream }));
}
