/** The last look before what cannot be recalled: by both clocks, so that a suspension is no way around the deadline. */
import type { Instant, MonotonicMs } from '../../failover/instant.ts';
import { ActionNotBegun, type PerformContext } from './context.ts';

export interface Deadline {
  readonly notAfter: MonotonicMs;
  readonly notAfterBootTimeMs: number;
}

/** @throws ActionNotBegun where it is too late, or something else was asked for meanwhile */
export function refuseTooLate(
  { now, signal }: Pick<PerformContext, 'now' | 'signal'>,
  deadline: Deadline,
): void {
  if (signal.aborted) throw new ActionNotBegun('something else was asked for meanwhile');
  if (isAfter(now(), deadline)) throw new ActionNotBegun('the contact had ended before it could be done');
}

/** Pure. */
export function isAfter({ monotonicMs, bootTimeMs }: Instant, deadline: Deadline): boolean {
  return monotonicMs > deadline.notAfter || bootTimeMs > deadline.notAfterBootTimeMs;
}
