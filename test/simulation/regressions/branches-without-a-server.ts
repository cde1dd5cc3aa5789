/**
 * Seed 14679: two of five nodes were promoted by hand under a living primary, fenced, and left down. Their WAL counted
 * as more than that of the others, and they refused each candidate as diverged: when the primary failed the other three
 * stood for election for ever.
 */
import { failsOver } from '../hard-histories/expectations.ts';
import { type NamedHistory, tell } from '../hard-histories/named-history.ts';

export const branchesWithoutAServer: NamedHistory = {
  name: 'regression: branches without a server',
  rules: '3, 12',
  variants: [
    {
      name: 'two of five, and the primary crashes',
      options: tell({
        nodes: 5,
        settings: { fenceMode: 'stop', rejoin: 'follow' },
        options: { serviceStartMs: 0 },
        faults: [
          { kind: 'promoteByHand', atMs: 0, target: 4 },
          { kind: 'promoteByHand', atMs: 1_000, target: 5 },
          { kind: 'killPostmaster', atMs: 12_000, target: 1, orphansMs: 0 },
        ],
        quietAtMs: 25_000,
      }),
      complaint: failsOver(),
    },
  ],
};
