/** The postmaster is killed, and a backend computes on for ten seconds and commits. */
import { type NamedHistory, tell } from './named-history.ts';

export const orphan: NamedHistory = {
  name: '13 orphan',
  rules: 'down',
  variants: [undefined, 3, 5, 8].map((thenMs) => ({
    name: thenMs === undefined ? 'ten seconds' : `its repmgrd stands still ${thenMs} ms after it decided`,
    options: tell({
      nodes: 3,
      faults: [
        { kind: 'killPostmaster', atMs: 1_000, target: 1, orphansMs: 10_000 },
        ...(thenMs === undefined
          ? []
          : ([
              {
                kind: 'stopRepmgrd',
                atMs: 500,
                when: { decision: 'yield', thenMs },
                target: 1,
                forMs: 5_000,
              },
            ] as const)),
      ],
      quietAtMs: 15_000,
    }),
  })),
};
