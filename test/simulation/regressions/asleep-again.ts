/**
 * Seed 1359: the primary's host stood still for a moment, and again, for longer than its lease, while it waited for the
 * answers that would judge the first time; only its wall clock showed either. What it had been answered in between
 * counted, so that it stayed writable beside the next primary.
 */
import { failsOver } from '../hard-histories/expectations.ts';
import { type NamedHistory, toldOf } from '../hard-histories/named-history.ts';

export const asleepAgain: NamedHistory = {
  name: 'regression: asleep again',
  rules: '5',
  variants: [300, 600, 900].map((pauseMs) =>
    toldOf(
      `after ${pauseMs} ms`,
      [
        { kind: 'suspendHost', atMs: 0, target: 1, forMs: 1_225, isHidden: true },
        { kind: 'suspendHost', atMs: 1_225 + pauseMs, target: 1, forMs: 9_000, isHidden: true },
        { kind: 'isolate', atMs: 3_000, target: 1, forMs: 15_000 },
      ],
      failsOver(),
    ),
  ),
};
