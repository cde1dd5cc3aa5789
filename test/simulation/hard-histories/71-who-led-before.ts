/** Who led before the last one is there with all its WAL, and the last one is gone with the standby that acknowledged. */
import { type NamedHistory, tell } from './named-history.ts';

export const whoLedBefore: NamedHistory = {
  name: '71 who led before',
  rules: '13',
  variants: [
    {
      name: 'it was shut down in good order',
      options: tell({
        nodes: 6,
        hasWitness: true,
        settings: { synchronousQuorum: 1, shutdownGraceMs: 1_000 },
        settingsOf: { 2: { priority: 200 } },
        options: { clients: { intervalMs: 30, commitBytes: 300 } },
        faults: [
          { kind: 'shutDown', atMs: 0, target: 1, forMs: 40_000 },
          { kind: 'cutBothWays', atMs: 6_000, from: 2, to: 4, forMs: 30_000 },
          { kind: 'cutBothWays', atMs: 6_000, from: 2, to: 5, forMs: 30_000 },
          { kind: 'losePower', atMs: 8_000, target: 2, forMs: 25_000 },
          { kind: 'losePower', atMs: 8_000, target: 3, forMs: 25_000 },
        ],
        quietAtMs: 40_000,
      }),
    },
  ],
};
