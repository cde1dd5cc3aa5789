/** The primary is cut off and its repmgrd is dead: only the guard is there to act. */
import { type NamedHistory, tell } from './named-history.ts';

export const theGuardAlone: NamedHistory = {
  name: '54 the guard alone',
  rules: '6',
  variants: [
    {
      name: 'cut off, repmgrd killed',
      options: tell({
        nodes: 3,
        options: { clients: { intervalMs: 0, commitBytes: 100 } },
        faults: [
          { kind: 'isolate', atMs: 1_000, target: 1, forMs: 25_000 },
          { kind: 'killRepmgrd', atMs: 1_000, target: 1, forMs: 25_000 },
        ],
        quietAtMs: 28_000,
      }),
    },
  ],
};
