/** Five nodes lose one member after the other, and come back in an order in which the oldest records come first. */
import type { Fault } from '../history/faults.ts';
import { servesAllTheTime } from './expectations.ts';
import { type NamedHistory, tell } from './named-history.ts';

/** From the first loss on; each is forgotten before the next one goes. */
const everyMs = 6_000;

/** @param backAtMs when the n-th to go comes back */
function losses(order: readonly number[], backAtMs: (index: number) => number): readonly Fault[] {
  return order.map((target, index) => ({
    kind: 'losePower',
    atMs: index * everyMs,
    target,
    forMs: backAtMs(index) - index * everyMs,
  }));
}

const settings = { voterRemovalMs: 3_000 };

export const bothGoneOneByOne: NamedHistory = {
  name: '38 both gone, one by one',
  rules: '10',
  variants: [
    ...[
      { name: 'the first to go comes first', backAtMs: (index: number) => 30_000 + index * 3_000 },
      { name: 'the last to go comes first', backAtMs: (index: number) => 39_000 - index * 3_000 },
      { name: 'all at once', backAtMs: () => 35_000 },
    ].map(({ name, backAtMs }) => ({
      name,
      options: tell({
        nodes: 5,
        settings,
        faults: losses([5, 4, 3, 2], backAtMs),
        quietAtMs: 45_000,
      }),
      complaint: servesAllTheTime(1),
    })),
    ...[
      { name: 'the last one dies too, and comes last', backAtMs: (index: number) => 32_000 + index * 3_000 },
      { name: 'the last one dies too, and all come at once', backAtMs: () => 35_000 },
    ].map(({ name, backAtMs }) => ({
      name,
      options: tell({
        nodes: 5,
        settings,
        // What it acknowledged alone is on its own disk only: nobody else may go on.
        faults: losses([5, 4, 3, 2, 1], backAtMs),
        quietAtMs: 60_000,
      }),
    })),
  ],
};
