/** A state file says "leader of term 1"; another has led for long. Its node boots and sees one new node only. */
import { type NamedHistory, tell } from './named-history.ts';

export const theDeadFileThatLeads: NamedHistory = {
  name: '11 the dead file that leads',
  rules: '9',
  variants: [
    {
      name: 'with a freshly cloned node',
      options: tell({
        nodes: 4,
        faults: [
          { kind: 'losePower', atMs: 0, target: 1, forMs: 20_000 },
          { kind: 'losePower', atMs: 8_000, target: 2, forMs: 4_000 },
          { kind: 'loseState', atMs: 16_000, target: 4 },
          { kind: 'split', atMs: 19_000, side: [1, 4], forMs: 25_000 },
        ],
        quietAtMs: 45_000,
      }),
    },
    {
      name: 'alone',
      options: tell({
        nodes: 3,
        faults: [
          { kind: 'losePower', atMs: 0, target: 1, forMs: 20_000 },
          { kind: 'isolate', atMs: 19_000, target: 1, forMs: 25_000 },
        ],
        quietAtMs: 45_000,
      }),
    },
  ],
};
