/**
 * Seed 1000841: the primary's host stood still for longer than the margin of the lease, which only its wall clock
 * showed, and was cut off meanwhile. Less than two seconds counted as a clock that was set, so that its contact lasted
 * longer than the leases of its voters.
 */
import { failsOver } from '../hard-histories/expectations.ts';
import { type NamedHistory, toldOf } from '../hard-histories/named-history.ts';

export const asleepForAMoment: NamedHistory = {
  name: 'regression: asleep for a moment',
  rules: '5',
  variants: [700, 1_200, 1_900].map((forMs) =>
    toldOf(
      `${forMs} ms`,
      [
        { kind: 'suspendHost', atMs: 0, target: 1, forMs, isHidden: true },
        { kind: 'isolate', atMs: 500, target: 1, forMs: 15_000 },
      ],
      failsOver(),
    ),
  ),
};
