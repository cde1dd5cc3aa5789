/** What the three clocks tell apart: a suspension, a jump of the wall clock, a late tick (rule 5). */
import { bounds } from './bounds.ts';
import { boundedContact, forgetContactBefore } from './contact.ts';
import type { Event } from './events.ts';
import { giveUp } from './giving-up.ts';
import type { Instant, MonotonicMs } from './instant.ts';
import { endPause } from './pause.ts';
import type { Leader } from './leader-state.ts';
import type { Settings } from './settings.ts';
import type { State } from './state.ts';
import { become, change, explain, later, type Turn } from './turn.ts';

export function watchClocks(turn: Turn, before: Instant, event: Event): void {
  const { role } = turn.state;
  if ((role.kind !== 'leader' && role.kind !== 'candidate') || event.kind === 'started') {
    return;
  }
  const passedMs = event.now.monotonicMs - before.monotonicMs;
  const suspendedMs = event.now.bootTimeMs - before.bootTimeMs - passedMs;
  const wallJumpMs = Math.abs(event.now.wallMs - before.wallMs - passedMs);
  const bearableMs = bearableLossMs(turn.state.settings);
  if (role.kind === 'candidate') {
    if (suspendedMs > bearableMs || wallJumpMs > bearableMs) {
      explain(turn, 5, 'suspended', 'time was lost: votes that come in now may be old ones', { suspendedMs });
      giveUp(turn, role);
    }
    return;
  }
  if (suspendedMs > bearableMs) {
    explain(turn, 5, 'suspended', 'the machine was suspended: all contact counts as lost', { suspendedMs });
    loseContact(turn, role);
    change(turn, { running: turn.state.running.filter(({ purpose }) => purpose !== 'writeWal') });
  } else if (wallJumpMs > (role.isPaused ? bounds.wallJumpMs : bearableMs)) {
    explain(turn, 5, 'suspended', 'the wall clock jumped: contact is judged by what is sent from now on', {
      wallJumpMs,
    });
    if (role.isPaused) {
      endPause(turn, role, 'the wall clock jumped');
      return;
    }
    become(turn, {
      ...role,
      // What was sent before this jump says nothing, though an earlier one is being judged already.
      judgement: { from: turn.now, at: judgedAt(role, turn.now) },
      lastHeartbeatAt: 0 as typeof role.lastHeartbeatAt,
    });
  } else if (timeWasLost(turn.state, before, event.now)) {
    become(turn, { ...role, ...afterLateTick(turn, role, event.guardedUntil ?? null) });
  }
}

/** Jumps without end do not put off the judgement; the time for an answer is left. */
function judgedAt({ judgement }: Leader, now: MonotonicMs): MonotonicMs {
  return judgement === null
    ? later(now, bounds.clockJumpJudgementMs)
    : (Math.max(judgement.at, later(now, bounds.restartJudgementMs)) as MonotonicMs);
}

/**
 * Time that may be lost unseen: contact lasts longer by it, and what is left of the margin is for drift and the kill. A
 * wall clock that was set costs a round of heartbeats where it was no suspension.
 */
export function bearableLossMs({ fenceMarginMs }: Pick<Settings, 'fenceMarginMs'>): number {
  return Math.min(bounds.suspensionMs, fenceMarginMs / 2);
}

/** Whether repmgrd was stopped, or starved: the driver then asks the guard, and brings its word with the event. */
export function timeWasLost({ settings }: State, before: Instant, now: Instant): boolean {
  return now.monotonicMs - before.monotonicMs > 3 * settings.heartbeatIntervalMs;
}

/**
 * The heartbeats that are due go first. A guard that went on has asked the standbys meanwhile: its word is contact. One
 * that was stopped together with the server knows nothing newer, and contact that has ended is a fence at once.
 */
function afterLateTick(turn: Turn, leader: Leader, guarded: Leader['guardContactUntil']): Partial<Leader> {
  return {
    holdNotBefore: later(turn.now, turn.state.settings.heartbeatIntervalMs),
    guardContactUntil: boundedContact(turn, guarded) ?? leader.guardContactUntil,
  };
}

/** A suspension ends a pause; while its voters must still keep it, the leader may ask before it is judged. */
function loseContact(turn: Turn, leader: Leader): void {
  const lost = { ...forgetContactBefore(leader, turn.now), judgement: null };
  const { durable, now } = turn.state;
  if (leader.isPaused && (durable.pauseEndsAtBootMs ?? 0) > now.bootTimeMs) {
    endPause(turn, lost, 'the machine was suspended');
  } else {
    become(turn, { ...lost, isPaused: false });
  }
}
