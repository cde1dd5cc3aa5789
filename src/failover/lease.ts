/** The voter's side of the lease: a word to one leader or candidate, kept by this node's own monotonic clock. */
import type { NodeId } from '../model/node.ts';
import type { State } from './state.ts';
import type { Term } from './term.ts';
import { change, later, store, type Turn } from './turn.ts';

/** Grants the lease from now on, in the length that its holder counts. */
export function grantLease(turn: Turn, holder: NodeId, term: Term, leaseMs: number): void {
  if (turn.state.durable.leaseMs !== leaseMs) {
    store(turn, { leaseMs });
  }
  change(turn, { lease: { kind: 'granted', holder, term, endsAt: later(turn.now, leaseMs) } });
}

export function endLease(turn: Turn, by: 'yield' | 'givenUp'): void {
  change(turn, { lease: { kind: 'ended', by } });
}

/** The lease to anybody but `candidate`: to whom it was given binds nobody. */
export function leaseBinds({ lease, now }: State, candidate: NodeId): boolean {
  return lease.kind === 'granted' && lease.holder !== candidate && lease.endsAt > now.monotonicMs;
}

export function leaseLeftMs({ lease, now, settings }: State): number {
  return lease.kind === 'granted' && lease.holder !== settings.self
    ? Math.max(0, lease.endsAt - now.monotonicMs)
    : 0;
}

/** The leader was heard within a lease, in this life of repmgrd. */
export function isInTouch({ leaderHeardAt, now, settings }: State): boolean {
  return leaderHeardAt !== null && now.monotonicMs - leaderHeardAt < settings.leaseMs;
}

/** Whether the newest known leader gave its word that its PostgreSQL is down. */
export function leaderYielded({ durable, settings }: State): boolean {
  const { leader, heardYields, yielded } = durable;
  if (leader === null) {
    return false;
  }
  if (leader.node === settings.self) {
    return yielded !== null && yielded.upToTerm >= leader.term;
  }
  return heardYields.some((it) => it.node === leader.node && leader.term <= it.upToTerm);
}

export function isYieldedBy({ durable }: State, node: NodeId, term: Term): boolean {
  return durable.heardYields.some((it) => it.node === node && term <= it.upToTerm);
}
