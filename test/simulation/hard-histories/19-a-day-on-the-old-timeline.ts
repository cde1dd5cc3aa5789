/** The old primary is started writable by hand when the new one has died; then the new one returns. */
import { type NamedHistory, tell } from './named-history.ts';

export const aDayOnTheOldTimeline: NamedHistory = {
  name: '19 a day on the old timeline',
  rules: '3',
  variants: [
    {
      name: 'two nodes and a witness',
      options: tell({
        nodes: 3,
        hasWitness: true,
        settings: { rejoin: 'follow' },
        options: { serviceStartMs: 0, repmgrdRestartMs: 6_000 },
        faults: [
          { kind: 'losePower', atMs: 0, target: 1, forMs: 16_000 },
          { kind: 'losePower', atMs: 15_000, target: 2, forMs: 12_000 },
          { kind: 'startByHand', atMs: 18_000, target: 1 },
        ],
        quietAtMs: 45_000,
      }),
    },
  ],
};
