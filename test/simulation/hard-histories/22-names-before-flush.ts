/** The names, or K, change while commits wait for one standby alone, and the primary dies at that moment. */
import type { NodeId } from '../../../src/model/node.ts';
import { type NamedHistory, tell } from './named-history.ts';

export const namesBeforeFlush: NamedHistory = {
  name: '22 names before flush',
  rules: '13',
  variants: [
    {
      name: 'a standby leaves that acknowledged alone',
      options: tell({
        nodes: 4,
        hasWitness: true,
        settings: { synchronousQuorum: 1 },
        options: { clients: { intervalMs: 30, commitBytes: 300 } },
        faults: [
          { kind: 'stopPostgres', atMs: 3_000, target: 3, forMs: 6_000 },
          { kind: 'request', atMs: 4_000, target: 1, request: { kind: 'leave', node: 2 as NodeId } },
          {
            kind: 'killRepmgrd',
            atMs: 4_000,
            when: { decision: 'changeRecord', node: 1 },
            target: 2,
            forMs: 25_000,
          },
          { kind: 'losePower', atMs: 6_500, target: 1, forMs: 25_000 },
        ],
        quietAtMs: 35_000,
      }),
    },
    ...[3_000, 4_500, 6_000].map((slowReloadMs) => ({
      name: `K is raised, and walsenders learn of it after ${slowReloadMs} ms`,
      options: (seed: number) => {
        const options = tell({
          nodes: 5,
          settings: { synchronousQuorum: 1 },
          options: { clients: { intervalMs: 30, commitBytes: 300 } },
          faults: [
            { kind: 'setSynchronousQuorum', atMs: 15_000, required: 2, hasFallback: false },
            { kind: 'split', atMs: 17_000, side: [1, 2], forMs: 14_000 },
          ],
          quietAtMs: 35_000,
        })(seed);
        return { ...options, habits: { ...options.habits, slowReloadChance: 1, slowReloadMs } };
      },
    })),
  ],
};
