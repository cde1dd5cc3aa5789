/** A standby dies and comes back every three seconds: nobody waits, nobody fences. */
import { all, nobodyDecidesTo, servesAllTheTime } from './expectations.ts';
import { type NamedHistory, tell } from './named-history.ts';

export const standbyBounce: NamedHistory = {
  name: '41 standby bounce',
  rules: '5',
  variants: [
    {
      name: 'two nodes',
      options: tell({
        nodes: 2,
        options: { repmgrdRestartMs: 100, serviceStartMs: 200 },
        faults: Array.from({ length: 10 }, (_, index) => ({
          kind: 'losePower',
          atMs: index * 6_000,
          target: 2,
          forMs: 3_000,
        })),
        quietAtMs: 62_000,
      }),
      complaint: all(servesAllTheTime(1), nobodyDecidesTo('hold', 'fence')),
    },
  ],
};
