/**
 * Seed 50040796: the winner's host stood still during its promotion, which ended on waking, right before the kill of the
 * fence. No heartbeat ever told of its timeline: the others took the old primary's for the line, and each side refused
 * the other as diverged.
 */
import { failsOver } from '../hard-histories/expectations.ts';
import { type NamedHistory, tell } from '../hard-histories/named-history.ts';

export const promotedWhileFenced: NamedHistory = {
  name: 'regression: promoted while it was fenced',
  rules: '3, 13',
  variants: [28, 32, 36, 40].map((thenMs) => ({
    name: `${thenMs} ms after it began`,
    options: tell({
      nodes: 3,
      settings: { synchronousQuorum: 1 },
      faults: [
        { kind: 'isolate', atMs: 0, target: 1, forMs: 9_000 },
        {
          kind: 'suspendHost',
          atMs: 500,
          when: { decision: 'promote', thenMs },
          target: 'leader',
          forMs: 4_500,
          isHidden: false,
        },
      ],
      quietAtMs: 15_000,
    }),
    complaint: failsOver(),
  })),
};
