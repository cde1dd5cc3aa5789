/** Pause: nobody is promoted, held or fenced for a while, because an operator works on the servers (rule 11). */
import { bounds } from './bounds.ts';
import { isYieldedBy } from './lease.ts';
import type { OperatorRequest } from './operator-request.ts';
import type { Leader } from './leader-state.ts';
import type { State } from './state.ts';
import { become, begin, change, explain, later, store, type Turn } from './turn.ts';
import type { Pause } from './voter-record.ts';
import { publish } from './record-version.ts';
import { serve } from './winning.ts';

/** Clocks may differ by a percent each; a voter's pause must outlast its leader's in any case. */
const voterShare = 1.03;

/** Whether this node keeps still: the leader by its own count, a voter by a longer one. Silence does not end it. */
export function isPaused(state: State): boolean {
  return pauseEndsAt(state) > state.now.monotonicMs;
}

export function pauseEndsAt(state: State): number {
  const { durable, role, pauseKnownAt, settings } = state;
  const pause = durable.record?.pause ?? null;
  if (role.kind === 'leader') {
    return role.isPaused ? Number.MAX_SAFE_INTEGER : 0;
  }
  if (pause === null || pauseKnownAt === null || isYieldedBy(state, pause.leader, pause.term)) {
    return 0;
  }
  const leaseMs = durable.leaseMs === 0 ? settings.leaseMs : durable.leaseMs;
  const isOver = pause.leader === settings.self;
  return isOver ? 0 : pauseKnownAt + pause.lengthMs * voterShare + leaseMs;
}

export function pauseOf(
  { settings, durable }: State,
  { reason, lengthMs }: Extract<OperatorRequest, { readonly kind: 'pause' }>,
  requestId: string,
): Pause {
  return { reason, lengthMs, leader: settings.self, term: durable.leading?.term ?? durable.term, requestId };
}

/** A voter counts from when it stored it, anew for each pause. */
export function notePause(turn: Turn, before: Pause | null): void {
  const pause = turn.state.durable.record?.pause ?? null;
  if (pause === null) {
    if (turn.state.pauseKnownAt !== null) {
      change(turn, { pauseKnownAt: null });
    }
  } else if (before?.requestId !== pause.requestId || turn.state.pauseKnownAt === null) {
    change(turn, { pauseKnownAt: turn.now });
  }
}

/** The record is in force: its pause begins, and ends by the leader's own clock, counted from its sending. */
export function reactPause(turn: Turn, leader: Leader): void {
  const { durable, now } = turn.state;
  const pause = durable.record?.pause ?? null;
  if (pause !== null && !leader.isPaused && durable.pauseEndsAtBootMs === null) {
    const sentBeforeMs = turn.now - leader.recordSentAt;
    const pauseEndsAtBootMs = now.bootTimeMs + pause.lengthMs - sentBeforeMs;
    store(turn, { pauseEndsAtBootMs });
    become(turn, { ...leader, isPaused: true, isHolding: false });
    explain(turn, 11, 'pause', `failover is paused: ${pause.reason}`, { lengthMs: pause.lengthMs });
    begin(turn, 'disarmSafeStart', (id) => ({
      kind: 'disarmSafeStart',
      id,
      restartAfterCrash: durable.replacedRestartAfterCrash ?? 'on',
    }));
  }
}

/** Its end, by time, by an operator, or by a suspension: the leader resumes first, then the voters. */
export function endPause(turn: Turn, leader: Leader, reason: string): void {
  const { record } = turn.state.durable;
  explain(turn, 11, 'unpause', `the pause of failover ends: ${reason}`, {});
  const at = later(turn.now, bounds.clockJumpJudgementMs);
  const resumed: Leader = { ...leader, isPaused: false, downSince: null, judgement: { from: turn.now, at } };
  store(turn, { pauseEndsAtBootMs: null });
  become(turn, resumed);
  if (leader.stage === 'serving') {
    serve(turn, leader.term);
  }
  if (record !== null && record.pause !== null) {
    publish(turn, resumed, { ...record, pause: null });
  }
}

/**
 * An operator takes it on him that the leader cannot be asked: this voter keeps the pause no longer, until its repmgrd
 * starts anew.
 */
export function forgetPause(turn: Turn): void {
  const { durable, settings } = turn.state;
  const lengthMs = durable.record?.pause?.lengthMs ?? 0;
  const keptMs = lengthMs * voterShare + Math.max(durable.leaseMs, settings.leaseMs);
  change(turn, { pauseKnownAt: later(turn.now, -keptMs - 1) });
  explain(turn, 11, 'unpause', 'an operator ended the pause on this node, without the leader', { lengthMs });
}

export function reactPauseEnd(turn: Turn, leader: Leader): void {
  const { durable, now } = turn.state;
  if (leader.isPaused && (durable.pauseEndsAtBootMs ?? 0) <= now.bootTimeMs) {
    endPause(turn, leader, 'its time is over');
  }
}
