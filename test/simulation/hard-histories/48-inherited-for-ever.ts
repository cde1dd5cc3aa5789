/** A set of two takes a third in; the leader crashes, the other wins with the change pending, and the first burns. */
import type { Fault } from '../history/faults.ts';
import { leads } from './expectations.ts';
import { type NamedHistory, tell } from './named-history.ts';

const crashInTheChange: readonly Fault[] = [
  { kind: 'register', atMs: 0, target: 3 },
  // The joiner hears of it too late to bring the change into force before the crash.
  { kind: 'cutBothWays', atMs: 0, when: { decision: 'changeRecord' }, from: 1, to: 3, forMs: 2_500 },
  { kind: 'killPostmaster', atMs: 0, when: { decision: 'changeRecord', thenMs: 1 }, target: 1, orphansMs: 0 },
];

export const inheritedForEver: NamedHistory = {
  name: '48 inherited for ever',
  rules: '10',
  variants: [
    {
      name: 'its host burns',
      then: [{ kind: 'losePower', when: { decision: 'promotionDone' }, target: 1, forMs: 45_000 }] as const,
    },
    {
      name: 'it lives, and tries with the joiner',
      then: [
        { kind: 'cutBothWays', when: { decision: 'promotionDone' }, from: 1, to: 2, forMs: 25_000 },
        {
          kind: 'cutBothWays',
          when: { decision: 'promotionDone', thenMs: 12_000 },
          from: 2,
          to: 3,
          forMs: 13_000,
        },
      ] as const,
    },
  ].map(({ name, then }) => ({
    name,
    options: tell({
      nodes: 3,
      unregistered: [3],
      settings: { voterRemovalMs: 6_000 },
      faults: [...crashInTheChange, ...then.map((fault) => ({ ...fault, atMs: 500 }))],
      quietAtMs: 48_000,
    }),
    complaint: leads(2),
  })),
};
