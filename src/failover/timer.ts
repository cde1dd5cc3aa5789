/** When the core wants to be woken next, if nothing happens before. */
import { bounds } from './bounds.ts';
import { electionAt } from './election.ts';
import { followsAgainAt } from './following.ts';
import { holdsAt } from './hold.ts';
import { fencesAt } from './leader.ts';
import { isWritable } from './own-wal.ts';
import { isPaused, pauseEndsAt } from './pause.ts';
import type { Leader } from './leader-state.ts';
import { roundEndsAt } from './pre-vote.ts';
import type { State } from './state.ts';
import { graceEndsAt } from './trouble.ts';
import { promotionIsLateAt } from './failed-promotion.ts';
import { never, type Turn, act, change } from './turn.ts';

/** One timer: set again only where it has to fire earlier than it would. */
export function setTimer(turn: Turn): void {
  const wake = wakeAt(turn.state);
  const at = (wake > turn.now ? wake : turn.now + bounds.overdueMs) as typeof never;
  const { timerAt } = turn.state;
  if (at < never && (timerAt === null || at < timerAt)) {
    change(turn, { timerAt: at });
    act(turn, { kind: 'setTimer', at });
  }
}

function wakeAt(state: State): number {
  const { durable, settings, yieldSentAt, consideration } = state;
  const hasUntold = durable.yielded !== null && durable.yielded.untold.length > 0;
  return Math.min(
    wakeOfRole(state),
    hasUntold ? yieldSentAt + settings.heartbeatIntervalMs : never,
    consideration === null ? never : consideration.begunAt + bounds.considerationMs,
  );
}

function wakeOfRole(state: State): number {
  const { role, settings, now } = state;
  switch (role.kind) {
    case 'leader':
      return leaderWakesAt(state, role);
    case 'canvassing':
      return Math.min(
        ...[true, false]
          .map((isEnough): number => roundEndsAt(state, role, isEnough))
          .concat(role.lastAskedAt + bounds.voteRetryMs)
          .filter((at) => at > now.monotonicMs),
      );
    case 'candidate':
      return role.stage === 'preparing'
        ? Math.min(
            ...[bounds.relearnMs, bounds.considerationMs]
              .map((ms) => role.begunAt + ms)
              .filter((at) => at > now.monotonicMs),
          )
        : role.lastAskedAt + bounds.voteRetryMs;
    case 'retiring':
      return now.monotonicMs + bounds.canvassPauseMs;
    case 'follower':
      return Math.min(
        electionAt(state, role),
        isPaused(state) ? pauseEndsAt(state) : never,
        isWritable(state)
          ? Math.max(role.electionNotBefore, now.monotonicMs + settings.heartbeatIntervalMs)
          : never,
        followsAgainAt(state) > now.monotonicMs ? followsAgainAt(state) : never,
      );
    default:
      return never;
  }
}

/** The pause ends by the clock that counts suspension; the timer runs by the other one. */
function pauseEndOf({ durable, now }: State, role: Leader): number {
  const left = (durable.pauseEndsAtBootMs ?? now.bootTimeMs) - now.bootTimeMs;
  return role.isPaused ? now.monotonicMs + left : never;
}

function leaderWakesAt(state: State, role: Leader): number {
  const { now, settings } = state;
  const hold = role.isHolding ? never : Math.max(holdsAt(state, role), role.holdNotBefore);
  const fence = fencesAt(state, role);
  return Math.min(
    role.lastHeartbeatAt + settings.heartbeatIntervalMs,
    hold > now.monotonicMs ? hold : never,
    fence,
    pauseEndOf(state, role),
    role.stage === 'promoting' ? promotionIsLateAt(state, role) : never,
    graceEndsAt(state, role) > now.monotonicMs ? graceEndsAt(state, role) : never,
    role.since > now.monotonicMs ? role.since : never,
  );
}
