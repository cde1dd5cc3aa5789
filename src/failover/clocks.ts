/** What the three clocks tell apart: a suspension, a jump of the wall clock, a late tick (rule 5). */
import { bounds } from './bounds.ts';
import { forgetContactBefore } from './contact.ts';
import type { Event } from './events.ts';
import { giveUp } from './giving-up.ts';
import type { Instant } from './instant.ts';
import { endPause } from './pause.ts';
import type { Leader } from './leader-state.ts';
import { isWritable } from './own-wal.ts';
import { become, change, explain, later, type Turn } from './turn.ts';

export function watchClocks(turn: Turn, before: Instant, event: Event): void {
  const { role, settings } = turn.state;
  if ((role.kind !== 'leader' && role.kind !== 'candidate') || event.kind === 'started') {
    return;
  }
  const passedMs = event.now.monotonicMs - before.monotonicMs;
  const suspendedMs = event.now.bootTimeMs - before.bootTimeMs - passedMs;
  const wallJumpMs = Math.abs(event.now.wallMs - before.wallMs - passedMs);
  if (role.kind === 'candidate') {
    if (suspendedMs > bounds.suspensionMs || wallJumpMs > bounds.wallJumpMs) {
      explain(turn, 5, 'suspended', 'time was lost: votes that come in now may be old ones', { suspendedMs });
      giveUp(turn, role);
    }
    return;
  }
  if (suspendedMs > bounds.suspensionMs) {
    explain(turn, 5, 'suspended', 'the machine was suspended: all contact counts as lost', { suspendedMs });
    loseContact(turn, role);
    change(turn, { running: turn.state.running.filter(({ purpose }) => purpose !== 'writeWal') });
  } else if (wallJumpMs > bounds.wallJumpMs) {
    explain(turn, 5, 'suspended', 'the wall clock jumped: contact is judged by what is sent from now on', {
      wallJumpMs,
    });
    const at = later(turn.now, bounds.clockJumpJudgementMs);
    if (role.isPaused) {
      endPause(turn, role, 'the wall clock jumped');
      return;
    }
    become(turn, {
      ...role,
      judgement: role.judgement ?? { from: turn.now, at },
      lastHeartbeatAt: 0 as typeof role.lastHeartbeatAt,
    });
  } else if (passedMs > 3 * settings.heartbeatIntervalMs) {
    become(turn, { ...role, ...afterLateTick(turn, role) });
  }
}

/** repmgrd was stopped, or starved: the heartbeats that are due go first. Past its deadline a guard has asked instead. */
function afterLateTick({ now, state }: Turn, { guardDeadline, judgement }: Leader): Partial<Leader> {
  const holdNotBefore = later(now, state.settings.heartbeatIntervalMs);
  const isGuarded = guardDeadline !== null && guardDeadline <= now && isWritable(state);
  const at = later(now, bounds.restartJudgementMs);
  return { holdNotBefore, judgement: judgement ?? (isGuarded ? { from: now, at } : null) };
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
