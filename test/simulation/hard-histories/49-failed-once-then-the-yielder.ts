/** Who stands first can't read the WAL of who led last, and gives up; then that one stands itself. */
import { failsOver } from './expectations.ts';
import { type NamedHistory, tell } from './named-history.ts';

export const failedOnceThenTheYielder: NamedHistory = {
  name: '49 failed once, then the yielder',
  rules: '13',
  variants: [
    {
      name: 'its disk hangs for a while',
      options: tell({
        nodes: 4,
        hasWitness: true,
        settings: { synchronousQuorum: 1 },
        hosts: { 1: { hasOneDisk: false } },
        options: { clients: { intervalMs: 30, commitBytes: 300 } },
        faults: [
          { kind: 'losePower', atMs: 2_000, target: 2, forMs: 30_000 },
          { kind: 'killPostmaster', atMs: 3_000, target: 1, orphansMs: 0 },
          {
            kind: 'hangDisk',
            atMs: 3_000,
            when: { decision: 'answerBehind', node: 1 },
            target: 1,
            isStateDisk: false,
            forMs: 5_000,
          },
        ],
        quietAtMs: 35_000,
      }),
      complaint: failsOver(),
    },
  ],
};
