/** How long connecting may take: connect_timeout for each host, and a bound of ours for all of them together. */
import { failure } from '../errors.ts';
import { limits } from '../limits.ts';
import type { Conninfo } from '../model/conninfo.ts';
import { monotonicMs } from '../system/clock.ts';
import { targetsOf } from './targets.ts';

export interface ConnectClock {
  /** What the next of the hosts that are left may take; never negative. */
  shareMs(remainingTargets: number): number;
}

/**
 * Starts to run at once. connect_timeout holds for each host; where there is none, the whole time is shared among the
 * hosts that are left.
 * @param deadlineMs for all hosts together; unset: `connectAllowanceMs()`
 * @throws RepmgrError conninfo_invalid where connect_timeout is no whole number
 */
export function startConnectClock(settings: Conninfo, deadlineMs: number | undefined): ConnectClock {
  const perTargetMs = connectTimeoutMs(settings);
  const endsAtMs = monotonicMs() + (deadlineMs ?? connectAllowanceMs(settings));
  return {
    shareMs(remainingTargets) {
      const remainingMs = Math.max(0, endsAtMs - monotonicMs());
      return Math.min(perTargetMs ?? remainingMs / remainingTargets, remainingMs);
    },
  };
}

/**
 * The time for all hosts of a conninfo together: connect_timeout for each, else ours.
 * @throws RepmgrError conninfo_invalid
 */
export function connectAllowanceMs(settings: Conninfo): number {
  const perTargetMs = connectTimeoutMs(settings);
  return perTargetMs === undefined
    ? limits.connectMs
    : Math.min(perTargetMs * targetsOf(settings).length, limits.connectMaxMs);
}

/** Undefined where libpq would wait without a limit. */
function connectTimeoutMs(settings: Conninfo): number | undefined {
  const seconds = Number(settings['connect_timeout'] ?? 0);
  if (!Number.isInteger(seconds)) {
    throw failure('conninfo_invalid', {
      message: 'invalid integer value for connection option "connect_timeout"',
      detail: 'It is no whole number of seconds.',
      hint: 'Write whole seconds, such as connect_timeout=2.',
    });
  }
  return seconds > 0 ? seconds * 1_000 : undefined;
}
