/** The primary is in contact with the witness alone, whose repmgrd restarts. */
import { type NamedHistory, tell } from './named-history.ts';

export const theWitnessForgets: NamedHistory = {
  name: '50 the witness forgets',
  rules: '1',
  variants: [
    {
      name: 'restarts that take no time',
      options: tell({
        nodes: 3,
        hasWitness: true,
        faults: [
          { kind: 'cutBothWays', atMs: 0, from: 1, to: 2, forMs: 20_000 },
          { kind: 'stopPostmaster', atMs: 7_000, target: 1, forMs: 14_000 },
          ...Array.from(
            { length: 18 },
            (_, index) => ({ kind: 'killRepmgrd', atMs: 8_000 + index * 700, target: 3, forMs: 20 }) as const,
          ),
        ],
        quietAtMs: 22_000,
      }),
    },
  ],
};
