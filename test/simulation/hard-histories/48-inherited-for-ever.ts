/** A set of two takes a third in; the leader crashes, the other wins with the change pending, and the first burns. */
import type { Fault } from '../history/faults.ts';
import { all, isWell, leads } from './expectations.ts';
import { type NamedHistory, type Story, tell } from './named-history.ts';

const crashInTheChange: readonly Fault[] = [
  { kind: 'register', atMs: 0, target: 3 },
  // The joiner hears of it too late to bring the change into force before the crash, or under the next leader.
  { kind: 'cutBothWays', atMs: 0, when: { decision: 'changeRecord' }, from: 1, to: 3, forMs: 2_500 },
  { kind: 'cutBothWays', atMs: 0, when: { decision: 'changeRecord' }, from: 2, to: 3, forMs: 2_500 },
  { kind: 'killPostmaster', atMs: 0, when: { decision: 'changeRecord', thenMs: 1 }, target: 1, orphansMs: 0 },
];

const story: Omit<Story, 'faults'> = {
  nodes: 3,
  unregistered: [3],
  settings: { voterRemovalMs: 6_000 },
  quietAtMs: 48_000,
};

export const inheritedForEver: NamedHistory = {
  name: '48 inherited for ever',
  rules: '10',
  variants: [
    {
      name: 'its host burns',
      options: tell({
        ...story,
        faults: [
          ...crashInTheChange,
          { kind: 'losePower', atMs: 500, when: { decision: 'win' }, target: 1, forMs: 90_000 },
          { kind: 'unregister', atMs: 12_000, target: 1 },
        ],
      }),
      // By then the joiner is a voter, or commits wait since the last one was lost.
      complaint: all(leads(2), isWell, ({ nodes }) =>
        nodes[1]?.daemon.file?.record?.voters.includes(nodes[2]?.id ?? nodes[1].id) === true
          ? undefined
          : 'node 3 was never taken into the voters',
      ),
    },
    {
      name: 'it lives, and tries with the joiner',
      options: tell({
        ...story,
        faults: [
          ...crashInTheChange,
          {
            kind: 'cutBothWays',
            atMs: 500,
            when: { decision: 'win' },
            from: 1,
            to: 2,
            forMs: 25_000,
          },
          {
            kind: 'cutBothWays',
            atMs: 500,
            when: { decision: 'promotionDone', thenMs: 12_000 },
            from: 2,
            to: 3,
            forMs: 13_000,
          },
        ],
      }),
      complaint: leads(2),
    },
  ],
};
