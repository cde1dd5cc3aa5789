/**
 * Seed 91001338: a hand started the server of a winner whose promotion had not ended, on the timeline of the primary
 * before. Its repmgrd, which started anew, took that for the promotion, and led on it.
 */
import { type NamedHistory, tell } from '../hard-histories/named-history.ts';

export const startedInsteadOfPromoted: NamedHistory = {
  name: 'regression: started instead of promoted',
  rules: '9, 12',
  variants: [
    {
      name: 'while its repmgrd is gone',
      options: (seed) => {
        const options = tell({
          nodes: 3,
          settingsOf: { 2: { priority: 200 } },
          faults: [
            { kind: 'suspendHost', atMs: 0, target: 1, forMs: 12_000, isHidden: false },
            {
              kind: 'killRepmgrd',
              atMs: 0,
              when: { decision: 'promote', node: 2, thenMs: 1_000 },
              target: 2,
              forMs: 3_000,
            },
            {
              kind: 'startByHand',
              atMs: 0,
              when: { decision: 'promote', node: 2, thenMs: 2_000 },
              target: 2,
            },
          ],
          quietAtMs: 40_000,
        })(seed);
        return { ...options, habits: { ...options.habits, promotionMs: 20_000 } };
      },
    },
  ],
};
