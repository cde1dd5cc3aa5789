/** The guard's deadline follows the leader's contact: it fences where repmgrd can't any more (rule 6). */
import { contactEndsAt, contactMs } from './contact.ts';
import { isWritable } from './own-wal.ts';
import type { MonotonicMs } from './instant.ts';
import type { Leader } from './leader-state.ts';
import type { State } from './state.ts';
import { act, become, later, type Turn } from './turn.ts';

/** With each renewal of contact; a deadline that comes nearer is told at once as well. */
export function renewGuard(turn: Turn, leader: Leader): void {
  const { state } = turn;
  const { settings } = state;
  if (
    !settings.hasGuard ||
    leader.stage !== 'serving' ||
    !isWritable(state) ||
    settings.failover === 'manual'
  ) {
    return;
  }
  const deadline = leader.isPaused ? pauseEnd(state) : contactEndsAt(state, leader, contactMs(state));
  const { guardDeadline } = leader;
  const isNews =
    guardDeadline === null ||
    deadline < guardDeadline ||
    deadline - guardDeadline >= settings.heartbeatIntervalMs / 2;
  if (isNews && leader.judgement === null) {
    become(turn, { ...leader, guardDeadline: deadline });
    act(turn, { kind: 'renewGuard', deadline });
  }
}

/** In a pause nobody fences, and at its end the leader is judged before its voters are free: a lease later at least. */
function pauseEnd(state: State): MonotonicMs {
  const { durable, now } = state;
  const left = Math.max(0, (durable.pauseEndsAtBootMs ?? 0) - now.bootTimeMs);
  return later(now.monotonicMs, left + contactMs(state));
}
