/** Two nodes join one after the other, and the network breaks while the second change is pending. */
import { type NamedHistory, tell } from './named-history.ts';

export const twoChangesOfMembersOverlap: NamedHistory = {
  name: '07 two changes of members overlap',
  rules: '10',
  variants: [0, 3, 10, 40].map((thenMs) => ({
    name: `${thenMs} ms after the change began`,
    options: tell({
      nodes: 5,
      unregistered: [4, 5],
      settings: { hasGuard: false },
      faults: [
        { kind: 'register', atMs: 0, target: 4 },
        { kind: 'register', atMs: 2_500, target: 5 },
        {
          kind: 'split',
          atMs: 2_800,
          when: { decision: 'changeRecord', thenMs },
          side: [1, 2],
          forMs: 25_000,
        },
      ],
      quietAtMs: 30_000,
    }),
  })),
};
