/**
 * Seed 50075468: a leader crashed while commits waited, and was restarted in place. Its start took the names of the hold
 * away, and repmgrd took it for held: commits went through until the fence.
 */
import { type NamedHistory, tell } from '../hard-histories/named-history.ts';

export const heldOverACrash: NamedHistory = {
  name: 'regression: held over a crash',
  rules: '5, 7',
  variants: [
    {
      name: 'cut off, and restarted in place',
      options: tell({
        nodes: 3,
        settings: { leaseMs: 9_000, walTailTimeoutMs: 0, failoverMaxLagBytes: 1_000 },
        faults: [
          { kind: 'isolate', atMs: 0, target: 1, forMs: 15_000 },
          { kind: 'crashBackend', atMs: 3_000, target: 1 },
        ],
        quietAtMs: 20_000,
      }),
    },
  ],
};
