/** A node joins a set of two whose other member is dead: the change needs that member's word. */
import type { Fault } from '../history/faults.ts';
import { servesAllTheTime } from './expectations.ts';
import { type NamedHistory, tell } from './named-history.ts';

const faults: readonly Fault[] = [
  { kind: 'register', atMs: 0, target: 3 },
  { kind: 'losePower', atMs: 0, when: { decision: 'changeRecord' }, target: 2, forMs: 40_000 },
];

export const pendingForEver: NamedHistory = {
  name: '36 pending for ever',
  rules: '10',
  variants: [
    { name: 'the joiner stays', then: [] },
    {
      name: 'the joiner restarts',
      then: [{ kind: 'killRepmgrd', atMs: 3_000, target: 3, forMs: 1_000 }] as const,
    },
    {
      name: 'the joiner forgets',
      then: [{ kind: 'loseState', atMs: 3_000, target: 3 }] as const,
    },
  ].map(({ name, then }) => ({
    name,
    options: tell({
      nodes: 3,
      unregistered: [3],
      settings: { voterRemovalMs: 10_000 },
      faults: [...faults, ...then],
      quietAtMs: 42_000,
    }),
    complaint: servesAllTheTime(1),
  })),
};
