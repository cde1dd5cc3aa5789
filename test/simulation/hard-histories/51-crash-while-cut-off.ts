/** PostgreSQL crashes while no candidate is in contact, and its recovery takes longer than the rest of the contact. */
import { type NamedHistory, tell } from './named-history.ts';

export const crashWhileCutOff: NamedHistory = {
  name: '51 crash while cut off',
  rules: '7, 9',
  variants: [12_000, 13_500].map((atMs) => ({
    name: `${atMs - 11_500} ms after the cut`,
    options: (seed: number) => {
      const options = tell({
        nodes: 3,
        hasWitness: true,
        faults: [
          { kind: 'isolate', atMs: 0, target: 2, forMs: 12_400 },
          { kind: 'isolate', atMs: 11_500, target: 1, forMs: 25_000 },
          { kind: 'killPostmaster', atMs, target: 1, orphansMs: 0 },
        ],
        quietAtMs: 38_000,
      })(seed);
      return { ...options, habits: { ...options.habits, longRecoveryChance: 1, longRecoveryMs: 6_000 } };
    },
  })),
};
