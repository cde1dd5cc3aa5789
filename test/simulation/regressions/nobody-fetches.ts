/**
 * Seed 94000916: the standbys may not fetch WAL (`wal_tail_timeout_secs=0`), and lack the end of what the primary wrote
 * before it crashed. It ranks last, and was asked for a vote before its turn in each election: nobody won, or somebody
 * without that WAL.
 */
import { leads } from '../hard-histories/expectations.ts';
import { type NamedHistory, toldOf } from '../hard-histories/named-history.ts';

export const nobodyFetches: NamedHistory = {
  name: 'regression: nobody fetches',
  rules: '3, 8',
  variants: [3, 4].map((nodes) =>
    toldOf(
      `${nodes} nodes`,
      [
        { kind: 'isolate', atMs: 0, target: 1, forMs: 1_500 },
        { kind: 'killPostmaster', atMs: 500, target: 1, orphansMs: 0 },
      ],
      leads(1),
      {
        nodes,
        settingsOf: Object.fromEntries(
          Array.from({ length: nodes - 1 }, (_, index) => [index + 2, { walTailTimeoutMs: 0 }]),
        ),
        options: {
          clients: { intervalMs: 50, commitBytes: 500 },
        },
        quietAtMs: 10_000,
      },
    ),
  ),
};
