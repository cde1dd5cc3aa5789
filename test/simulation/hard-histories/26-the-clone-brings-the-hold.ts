/** A node is cloned while the primary makes commits wait, and wins the next election. */
import { type NamedHistory, tell } from './named-history.ts';

export const theCloneBringsTheHold: NamedHistory = {
  name: '26 the clone brings the hold',
  rules: '5',
  variants: [
    {
      name: 'a new node',
      options: tell({
        nodes: 4,
        unregistered: [4],
        settingsOf: { 4: { priority: 200 } },
        options: { clients: { intervalMs: 500, commitBytes: 300 } },
        faults: [
          { kind: 'cutBothWays', atMs: 0, from: 1, to: 2, forMs: 3_300 },
          { kind: 'cutBothWays', atMs: 0, from: 1, to: 3, forMs: 3_300 },
          { kind: 'register', atMs: 2_400, target: 4 },
          { kind: 'losePower', atMs: 14_000, target: 1, forMs: 15_000 },
        ],
        quietAtMs: 30_000,
      }),
    },
  ],
};
