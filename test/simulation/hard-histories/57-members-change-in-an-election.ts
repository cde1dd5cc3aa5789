/** A node joins, leaves or is forgotten while the primary is lost and another is elected. */
import type { NodeId } from '../../../src/model/node.ts';
import type { Fault } from '../history/faults.ts';
import { failsOver } from './expectations.ts';
import { type NamedHistory, tell } from './named-history.ts';

const disturbances: readonly { readonly name: string; readonly faults: readonly Fault[] }[] = [
  {
    name: 'a node joins, and the primary dies with the change',
    faults: [
      { kind: 'register', atMs: 0, target: 5 },
      { kind: 'losePower', atMs: 0, when: { decision: 'changeRecord', thenMs: 1 }, target: 1, forMs: 30_000 },
    ],
  },
  {
    name: 'a node leaves, and the primary crashes with the change',
    faults: [
      { kind: 'request', atMs: 1_000, target: 2, request: { kind: 'leave', node: 4 as NodeId } },
      {
        kind: 'killPostmaster',
        atMs: 0,
        when: { decision: 'changeRecord', thenMs: 1 },
        target: 1,
        orphansMs: 0,
      },
    ],
  },
  {
    name: 'the winner takes a node in while the next election begins',
    faults: [
      { kind: 'register', atMs: 0, target: 5 },
      { kind: 'killPostmaster', atMs: 550, target: 1, orphansMs: 0 },
      {
        kind: 'isolate',
        atMs: 600,
        when: { decision: 'changeRecord', thenMs: 2 },
        target: 'leader',
        forMs: 12_000,
      },
    ],
  },
  {
    name: 'the dead are forgotten while their successor is cut off',
    faults: [
      { kind: 'losePower', atMs: 0, target: 4, forMs: 30_000 },
      { kind: 'losePower', atMs: 7_000, target: 1, forMs: 30_000 },
      {
        kind: 'isolate',
        atMs: 8_000,
        when: { decision: 'changeRecord', thenMs: 1 },
        target: 'leader',
        forMs: 12_000,
      },
    ],
  },
];

export const membersChangeInAnElection: NamedHistory = {
  name: '57 members change in an election',
  rules: '3, 10',
  variants: disturbances.map(({ name, faults }) => ({
    name,
    options: tell({
      nodes: 5,
      unregistered: [5],
      settings: { voterRemovalMs: 4_000 },
      faults,
      quietAtMs: 32_000,
    }),
    complaint: failsOver(),
  })),
};
