/**
 * Seed 50087800: PostgreSQL hung just after its promotion. What was known of it was the last look, in recovery on the
 * timeline before, and its repmgrd yielded a server that was writable.
 */
import { nobodyDecidesTo } from '../hard-histories/expectations.ts';
import { type NamedHistory, toldOf } from '../hard-histories/named-history.ts';

export const aLookFromBefore: NamedHistory = {
  name: 'regression: a look from before the promotion',
  rules: '7, 9',
  variants: [0, 2, 4].map((thenMs) =>
    toldOf(
      `hangs ${thenMs} ms after it`,
      [
        { kind: 'killPostmaster', atMs: 0, target: 1, orphansMs: 0 },
        {
          kind: 'stopPostgres',
          atMs: 0,
          when: { decision: 'promotionDone', node: 2, thenMs },
          target: 2,
          forMs: 300,
        },
      ],
      nobodyDecidesTo('giveUp'),
      { settingsOf: { 2: { priority: 200 } } },
    ),
  ),
};
