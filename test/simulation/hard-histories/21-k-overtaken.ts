/** K is lowered while the cluster is torn: the others elect by the K that they know. */
import { type NamedHistory, tell } from './named-history.ts';

export const kOvertaken: NamedHistory = {
  name: '21 K overtaken',
  rules: '10, 13',
  variants: [
    {
      name: 'from 2 to 1',
      options: tell({
        nodes: 5,
        settings: { synchronousQuorum: 2 },
        options: { clients: { intervalMs: 30, commitBytes: 300 } },
        faults: [
          { kind: 'split', atMs: 3_000, side: [1, 2], forMs: 14_000 },
          { kind: 'setSynchronousQuorum', atMs: 3_500, required: 1, hasFallback: false },
        ],
        quietAtMs: 25_000,
      }),
    },
    {
      name: 'to none, where the fall-back is on',
      options: tell({
        nodes: 5,
        settings: { synchronousQuorum: 1, synchronousQuorumFallback: true },
        options: { clients: { intervalMs: 30, commitBytes: 300 } },
        faults: [{ kind: 'isolate', atMs: 3_000, target: 1, forMs: 14_000 }],
        quietAtMs: 25_000,
      }),
    },
  ],
};
