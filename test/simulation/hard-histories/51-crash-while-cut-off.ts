/** PostgreSQL crashes while its host is cut off, and its recovery takes longer than the contact lasts. */
import { type NamedHistory, tell } from './named-history.ts';

export const crashWhileCutOff: NamedHistory = {
  name: '51 crash while cut off',
  rules: '7, 9',
  variants: [2_500, 3_200].map((atMs) => ({
    name: `${atMs} ms after the cut`,
    options: (seed: number) => {
      const options = tell({
        nodes: 3,
        faults: [
          { kind: 'isolate', atMs: 0, target: 1, forMs: 25_000 },
          { kind: 'killPostmaster', atMs, target: 1, orphansMs: 0 },
        ],
        quietAtMs: 28_000,
      })(seed);
      return { ...options, habits: { ...options.habits, longRecoveryChance: 1, longRecoveryMs: 6_000 } };
    },
  })),
};
