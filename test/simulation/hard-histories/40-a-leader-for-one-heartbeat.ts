/** Each winner's promotion fails, three times round. */
import { type NamedHistory, tell } from './named-history.ts';

export const aLeaderForOneHeartbeat: NamedHistory = {
  name: '40 a leader for one heartbeat',
  rules: '4',
  variants: [
    {
      name: 'every promotion fails for a while',
      options: (seed: number) => {
        const options = tell({
          nodes: 4,
          faults: [{ kind: 'losePower', atMs: 0, target: 1, forMs: 25_000 }],
          quietAtMs: 26_000,
        })(seed);
        return { ...options, habits: { ...options.habits, promotionFailChance: 0.9 } };
      },
    },
  ],
};
