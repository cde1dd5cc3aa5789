/**
 * Seed 50055375: a standby that a hand had made writable was asked for a vote and refused. Its receiver was let go on
 * with that, and when the former primary came back it streamed the primary's WAL behind its own.
 */
import { nobodyDecidesTo } from '../hard-histories/expectations.ts';
import { type NamedHistory, toldOf } from '../hard-histories/named-history.ts';

export const strayedAndAsked: NamedHistory = {
  name: 'regression: strayed, and asked for a vote',
  rules: '3, 9',
  variants: [8_000, 9_000, 10_000].map((backMs) =>
    toldOf(
      `the former primary is back after ${backMs} ms`,
      [
        { kind: 'isolate', atMs: 0, target: 1, forMs: backMs },
        { kind: 'isolate', atMs: 2_000, target: 3, forMs: 4_000 },
        { kind: 'startByHand', atMs: 4_400, target: 2 },
      ],
      nobodyDecidesTo('unfreeze'),
    ),
  ),
};
