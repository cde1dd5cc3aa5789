/** Who is elected lacks WAL that a node has which it can't reach, or can't read in time. */
import { type NamedHistory, tell } from './named-history.ts';

export const theTailOfTheWrongNode: NamedHistory = {
  name: '23 the tail of the wrong node',
  rules: '8',
  variants: [
    {
      name: 'the better standby is cut off from the other one',
      options: tell({
        nodes: 3,
        faults: [
          { kind: 'cutOneWay', atMs: 0, from: 1, to: 2, forMs: 3_000 },
          { kind: 'cutBothWays', atMs: 0, from: 2, to: 3, forMs: 15_000 },
          { kind: 'killPostmaster', atMs: 3_300, target: 1, orphansMs: 0 },
        ],
        quietAtMs: 20_000,
      }),
    },
    {
      name: 'its disk fails while it is read',
      options: tell({
        nodes: 3,
        faults: [
          { kind: 'killPostmaster', atMs: 3_000, target: 1, orphansMs: 0 },
          {
            kind: 'failDisk',
            atMs: 3_000,
            when: { decision: 'answerBehind' },
            target: 1,
            isStateDisk: false,
            forMs: 15_000,
          },
        ],
        quietAtMs: 20_000,
      }),
    },
  ],
};
