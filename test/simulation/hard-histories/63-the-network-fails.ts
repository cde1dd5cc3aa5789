/** What other managers test against: ways in which a network, or a clock, fails. */
import type { Fault } from '../history/faults.ts';
import { all, failsOver, isWell, nobodyDecidesTo, servesAllTheTime } from './expectations.ts';
import { type NamedHistory, toldOf } from './named-history.ts';

const longMs = 25_000;
const undisturbed = all(servesAllTheTime(1), nobodyDecidesTo('hold', 'fence', 'promote'));

function oneWay(from: number, to: number): Fault {
  return { kind: 'cutOneWay', atMs: 0, from, to, forMs: longMs };
}

/** Each node reaches its two neighbours on either side only. */
const ring: readonly Fault[] = [
  [1, 3],
  [1, 4],
  [2, 4],
  [2, 5],
  [3, 5],
].map(([from = 0, to = 0]) => ({ kind: 'cutBothWays', atMs: 0, from, to, forMs: longMs }));

export const theNetworkFails: NamedHistory = {
  name: '63 the network fails',
  rules: '1, 3, 5',
  variants: [
    toldOf('one standby is cut off', [{ kind: 'isolate', atMs: 0, target: 3, forMs: longMs }], undisturbed),
    toldOf('the primary can send, and receives nothing', [oneWay(2, 1), oneWay(3, 1)], isWell),
    toldOf('the primary can receive, and nobody hears it', [oneWay(1, 2), oneWay(1, 3)], isWell),
    toldOf(
      'the primary and a standby are cut from each other',
      [{ kind: 'cutBothWays', atMs: 0, from: 1, to: 2, forMs: longMs }],
      undisturbed,
    ),
    toldOf('each node sees another majority', ring, isWell, { nodes: 5 }),
    toldOf(
      'each node sees another majority, and the primary dies',
      [...ring, { kind: 'losePower', atMs: 1_000, target: 1, forMs: longMs }],
      isWell,
      { nodes: 5 },
    ),
    toldOf(
      'messages take longer than a lease',
      [{ kind: 'slowNetwork', atMs: 0, extraMs: 6_000, loss: 0, forMs: 20_000 }],
      isWell,
    ),
    ...[-3_600_000, 3_600_000].map((byMs) =>
      toldOf(
        `the primary's clock is set by ${byMs / 3_600_000} h`,
        [{ kind: 'setWallClock', atMs: 0, target: 1, byMs }],
        servesAllTheTime(1),
      ),
    ),
    toldOf(
      "a standby's clock is set by an hour, and the primary dies",
      [
        { kind: 'setWallClock', atMs: 0, target: 2, byMs: 3_600_000 },
        { kind: 'losePower', atMs: 1_000, target: 1, forMs: longMs },
      ],
      failsOver(),
    ),
  ],
};
