/**
 * Seed 4000184: by failover_quorum=none both nodes led. The one that gave way had asked for a higher term before, which
 * the other could not lead, since it counted votes for that; so nobody followed anybody. Seed 4101544: both led term 2.
 */
import { type NamedHistory, tell } from '../hard-histories/named-history.ts';

export const twoWithoutAQuorum: NamedHistory = {
  name: 'regression: two without a quorum',
  rules: '4, 14',
  variants: [
    {
      name: 'the primary was suspended',
      options: tell({
        nodes: 2,
        settings: { failoverQuorum: 'none' },
        faults: [{ kind: 'suspendHost', atMs: 0, target: 1, forMs: 16_000, isHidden: true }],
        quietAtMs: 22_000,
      }),
    },
    {
      name: 'three nodes, each cut off from the others',
      options: tell({
        nodes: 3,
        settings: { failoverQuorum: 'none' },
        faults: [
          { kind: 'isolate', atMs: 0, target: 2, forMs: 16_000 },
          { kind: 'isolate', atMs: 100, target: 3, forMs: 16_000 },
        ],
        quietAtMs: 22_000,
      }),
    },
  ],
};
