/**
 * Seeds 50031666, 50057408: who was elected last was fenced before its promotion had ended, so that it had never led,
 * and a synchronous standby gave no position since it had been cloned. All voted, and nobody could win any more: of the
 * last leader it was not known that it had all when it won.
 */
import { failsOver } from '../hard-histories/expectations.ts';
import { type NamedHistory, tell } from '../hard-histories/named-history.ts';

export const electedAndNeverPromoted: NamedHistory = {
  name: 'regression: elected and never promoted',
  rules: '13',
  variants: [
    {
      name: 'and a synchronous standby was cloned',
      options: (seed: number) => {
        const options = tell({
          nodes: 5,
          settings: { synchronousQuorum: 1 },
          faults: [
            { kind: 'clone', atMs: 0, target: 5, from: 1 },
            { kind: 'killPostmaster', atMs: 1_000, target: 1, orphansMs: 0 },
            {
              kind: 'suspendHost',
              atMs: 1_000,
              when: { decision: 'promote', thenMs: 10 },
              target: 'leader',
              forMs: 3_000,
              isHidden: false,
            },
          ],
          quietAtMs: 15_000,
        })(seed);
        return {
          ...options,
          habits: { ...options.habits, promotionBlockChance: 1, promotionBlockMs: 9_000 },
        };
      },
      complaint: failsOver(),
    },
  ],
};
