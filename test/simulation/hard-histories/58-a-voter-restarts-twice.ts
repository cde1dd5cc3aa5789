/** A voter's repmgrd is killed right after its vote, and again, inside one lease; the winner is lost meanwhile. */
import type { Fault } from '../history/faults.ts';
import { failsOver } from './expectations.ts';
import { type NamedHistory, tell } from './named-history.ts';

const voters = [3, 4, 5];

export const aVoterRestartsTwice: NamedHistory = {
  name: '58 a voter restarts twice',
  rules: '1, 3',
  variants: [
    { name: 'the winner is cut off', fault: { kind: 'isolate', target: 'candidate', forMs: 9_000 } as const },
    {
      name: 'the winner’s host is suspended',
      fault: { kind: 'suspendHost', target: 'candidate', forMs: 9_000, isHidden: false } as const,
    },
  ].map(({ name, fault }) => ({
    name,
    options: tell({
      nodes: 5,
      options: { repmgrdRestartMs: 100 },
      faults: [
        { kind: 'losePower', atMs: 0, target: 1, forMs: 25_000 },
        ...voters.flatMap((target): readonly Fault[] =>
          [0, 900].map((thenMs) => ({
            kind: 'killRepmgrd',
            atMs: 0,
            when: { decision: 'grantVote', node: target, thenMs },
            target,
            forMs: 60,
          })),
        ),
        { ...fault, atMs: 0, when: { decision: 'win', thenMs: 5 } },
      ],
      quietAtMs: 30_000,
    }),
    complaint: failsOver(),
  })),
};
