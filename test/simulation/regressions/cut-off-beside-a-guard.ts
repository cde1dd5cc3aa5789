/**
 * Seed 71001376: repmgrd of the primary was gone, its guard asked the standbys every second, and slept through the end of
 * their last word: the others had elected a primary half a second before it acted.
 */
import { type NamedHistory, tell } from '../hard-histories/named-history.ts';

export const cutOffBesideAGuard: NamedHistory = {
  name: 'regression: cut off beside a guard',
  rules: '5, 6',
  variants: [5_800, 6_100, 6_400, 6_700].map((cutAtMs) => ({
    name: `cut off ${cutAtMs} ms after repmgrd was killed`,
    options: tell({
      nodes: 3,
      faults: [
        { kind: 'killRepmgrd', atMs: 0, target: 1, forMs: 14_000 },
        { kind: 'isolate', atMs: cutAtMs, target: 1, forMs: 7_000 },
      ],
      quietAtMs: 20_000,
    }),
  })),
};
