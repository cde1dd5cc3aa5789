/** Crash recovery takes very long, and no candidate lives. */
import { type NamedHistory, tell } from './named-history.ts';

export const recoveryForEver: NamedHistory = {
  name: '33 recovery for ever',
  rules: '7',
  variants: [
    {
      name: 'a witness alone is there',
      options: (seed: number) => {
        const options = tell({
          nodes: 3,
          hasWitness: true,
          faults: [
            { kind: 'losePower', atMs: 0, target: 2, forMs: 40_000 },
            { kind: 'killPostmaster', atMs: 2_000, target: 1, orphansMs: 0 },
          ],
          quietAtMs: 42_000,
        })(seed);
        return { ...options, habits: { ...options.habits, longRecoveryChance: 1, longRecoveryMs: 30_000 } };
      },
    },
  ],
};
