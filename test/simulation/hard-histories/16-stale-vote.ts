/** A candidate still counts votes whose leases have ended, while their voters have elected another. */
import type { Fault } from '../history/faults.ts';
import { type NamedHistory, tell } from './named-history.ts';

const cut = (from: number, to: number, atMs: number, forMs: number): Fault => ({
  kind: 'cutBothWays',
  atMs,
  from,
  to,
  forMs,
});

/** Node 4 asks; 2 and 3 vote for it, and later for 5; 7 is heard of by 4 alone, late. */
export const staleVote: NamedHistory = {
  name: '16 stale vote',
  rules: '4',
  variants: [7_500, 8_500].map((healAtMs) => ({
    name: `the last voter comes after ${healAtMs} ms`,
    options: tell({
      nodes: 7,
      settings: { leaseMs: 2_000, fenceMarginMs: 600, heartbeatIntervalMs: 200, commitHoldMs: 0 },
      settingsOf: {
        2: { priority: 0 },
        3: { priority: 0 },
        4: { priority: 200 },
        6: { priority: 0 },
        7: { priority: 0 },
      },
      options: { clients: { intervalMs: 0, commitBytes: 100 } },
      faults: [
        { kind: 'losePower', atMs: 0, target: 1, forMs: 60_000 },
        ...[2, 3].flatMap((voter) => [cut(5, voter, 0, 4_500), cut(6, voter, 0, 4_500)]),
        ...[4, 7].flatMap((node) => [cut(5, node, 0, 60_000), cut(6, node, 0, 60_000)]),
        { ...cut(4, 7, 600, healAtMs - 2_500), when: { decision: 'standForElection', node: 4 } },
        ...[2, 3].flatMap((voter) => [
          {
            ...cut(4, voter, 600, 60_000),
            when: { decision: 'standForElection', node: 4, thenMs: 500 },
          } as const,
          {
            ...cut(7, voter, 600, 60_000),
            when: { decision: 'standForElection', node: 4, thenMs: 500 },
          } as const,
        ]),
      ],
      quietAtMs: 25_000,
    }),
  })),
};
