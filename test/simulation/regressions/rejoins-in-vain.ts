/**
 * Seed 701279: a diverged voter tried again and again to rejoin to a leader that was long gone. Each try made the end of
 * its WAL unknown, so that it never had watched that for a lease, and never voted.
 */
import { type NamedHistory, tell } from '../hard-histories/named-history.ts';

export const rejoinsInVain: NamedHistory = {
  name: 'regression: rejoins in vain',
  rules: '3, 9',
  variants: [
    {
      name: 'to a leader that lost its state',
      options: tell({
        nodes: 4,
        settingsOf: { 2: { priority: 200 } },
        options: { clients: { intervalMs: 50, commitBytes: 5_000 } },
        faults: [
          { kind: 'isolate', atMs: 0, target: 1, forMs: 13_000 },
          { kind: 'stopRepmgrd', atMs: 9_000, target: 1, forMs: 17_000 },
          { kind: 'loseState', atMs: 15_500, target: 2 },
        ],
        quietAtMs: 25_500,
      }),
    },
  ],
};
