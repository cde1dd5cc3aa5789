/** A promotion is blocked for longer than anybody waits: it can't be recalled, only taken down. */
import { type NamedHistory, tell } from './named-history.ts';

export const aPromotionThatNeverEnds: NamedHistory = {
  name: '52 a promotion that never ends',
  rules: '4',
  variants: [
    {
      name: 'of one standby or the other',
      options: (seed: number) => {
        const options = tell({
          nodes: 3,
          settings: { promoteCheckTimeoutMs: 2_000 },
          faults: [{ kind: 'losePower', atMs: 0, target: 1, forMs: 20_000 }],
          quietAtMs: 22_000,
        })(seed);
        return {
          ...options,
          habits: { ...options.habits, promotionBlockChance: 0.5, promotionBlockMs: 200_000 },
        };
      },
    },
  ],
};
