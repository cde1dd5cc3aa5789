/** A pause is stored by some, a change of the voters is on its way, and the network breaks in between. */
import { type NamedHistory, tell } from './named-history.ts';

export const theChangeOvertakesThePause: NamedHistory = {
  name: '08 the change overtakes the pause',
  rules: '10, 11',
  variants: [
    { name: 'the pause first', pauseAtMs: 2_000 },
    { name: 'the change first', pauseAtMs: 3_100 },
  ].map(({ name, pauseAtMs }) => ({
    name,
    options: tell({
      nodes: 5,
      unregistered: [5],
      faults: [
        {
          kind: 'request',
          atMs: pauseAtMs,
          target: 1,
          request: { kind: 'pause', lengthMs: 12_000, reason: 'somebody works on the servers' },
        },
        { kind: 'register', atMs: 2_500, target: 5 },
        {
          kind: 'split',
          atMs: 2_600,
          when: { decision: 'changeRecord', thenMs: 2 },
          side: [1, 2],
          forMs: 25_000,
        },
      ],
      quietAtMs: 30_000,
    }),
  })),
};
