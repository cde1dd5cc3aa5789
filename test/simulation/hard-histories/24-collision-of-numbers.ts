/** Two nodes promote from the same timeline and choose the same number. */
import { type NamedHistory, tell } from './named-history.ts';

export const collisionOfNumbers: NamedHistory = {
  name: '24 collision of numbers',
  rules: 'timeline',
  variants: [
    {
      name: 'one by hand, one by election',
      options: tell({
        nodes: 4,
        faults: [
          { kind: 'losePower', atMs: 0, target: 1, forMs: 30_000 },
          { kind: 'split', atMs: 100, side: [2], forMs: 14_000 },
          { kind: 'promoteByHand', atMs: 1_000, target: 2 },
        ],
        quietAtMs: 32_000,
      }),
    },
    {
      name: 'with a follower of its own',
      options: tell({
        nodes: 6,
        upstreams: { 3: 2 },
        faults: [
          { kind: 'losePower', atMs: 0, target: 1, forMs: 30_000 },
          { kind: 'split', atMs: 100, side: [2, 3], forMs: 14_000 },
          { kind: 'promoteByHand', atMs: 1_000, target: 2 },
        ],
        quietAtMs: 32_000,
      }),
    },
  ],
};
