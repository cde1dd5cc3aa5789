/** The postmaster is killed, and a backend computes on for ten seconds and commits. */
import { type NamedHistory, tell } from './named-history.ts';

export const orphan: NamedHistory = {
  name: '13 orphan',
  rules: 'down',
  variants: [
    {
      name: 'ten seconds',
      options: tell({
        nodes: 3,
        faults: [{ kind: 'killPostmaster', atMs: 1_000, target: 1, orphansMs: 10_000 }],
        quietAtMs: 15_000,
      }),
    },
  ],
};
