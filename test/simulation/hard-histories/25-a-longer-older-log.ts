/** An old primary wrote much that nobody has; a newer one forked before it and wrote little. Both stand. */
import { type NamedHistory, tell } from './named-history.ts';

const busy = { clients: { intervalMs: 20, commitBytes: 20_000 } };

export const aLongerOlderLog: NamedHistory = {
  name: '25 a longer older log',
  rules: 'position',
  variants: [
    {
      name: 'on an older timeline',
      options: tell({
        nodes: 4,
        settings: { rejoin: 'follow', commitHoldMs: 0 },
        options: busy,
        faults: [
          { kind: 'isolate', atMs: 0, target: 1, forMs: 14_000 },
          { kind: 'losePower', atMs: 12_000, target: 'primary', forMs: 20_000 },
        ],
        quietAtMs: 35_000,
      }),
    },
    {
      name: 'on a timeline of the same number',
      options: tell({
        nodes: 4,
        settings: { rejoin: 'follow', commitHoldMs: 0 },
        options: busy,
        faults: [
          { kind: 'losePower', atMs: 0, target: 1, forMs: 60_000 },
          {
            kind: 'isolate',
            atMs: 1_000,
            when: { decision: 'promote', thenMs: 25 },
            target: 'leader',
            forMs: 11_000,
          },
          { kind: 'losePower', atMs: 12_800, target: 'primary', forMs: 30_000 },
        ],
        quietAtMs: 35_000,
      }),
    },
  ],
};
