/** The old primary wrote much that nobody has; the new one forked before it and wrote little. Both stand. */
import { type NamedHistory, tell } from './named-history.ts';

export const aLongerOlderLog: NamedHistory = {
  name: '25 a longer older log',
  rules: 'position',
  variants: [
    {
      name: 'both stand for election',
      options: tell({
        nodes: 4,
        settings: { rejoin: 'follow', commitHoldMs: 0 },
        options: { clients: { intervalMs: 20, commitBytes: 20_000 } },
        faults: [
          { kind: 'isolate', atMs: 0, target: 1, forMs: 14_000 },
          { kind: 'losePower', atMs: 12_000, target: 'primary', forMs: 20_000 },
        ],
        quietAtMs: 35_000,
      }),
    },
  ],
};
