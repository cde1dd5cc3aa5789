/** Two nodes' tables name different primaries, because one was promoted by hand before any repmgrd ran. */
import { type NamedHistory, tell } from './named-history.ts';

export const oldNames: NamedHistory = {
  name: '02 old names',
  rules: '0',
  variants: [
    {
      name: 'the old primary runs on',
      options: tell({
        nodes: 3,
        options: { daemonsStartAtMs: 3_000 },
        faults: [
          { kind: 'cutBothWays', atMs: -4_500, from: 1, to: 2, forMs: 3_000 },
          { kind: 'promoteByHand', atMs: -3_500, target: 2 },
        ],
        quietAtMs: 30_000,
      }),
      complaint: () => undefined,
    },
  ],
};
