/** A leader was confirmed in a higher term; then its PostgreSQL crashes, and no candidate is alive. */
import { type NamedHistory, tell } from './named-history.ts';

export const confirmedThenCrashed: NamedHistory = {
  name: '30 confirmed, then crashed',
  rules: '9',
  variants: [
    {
      name: 'only a witness is there',
      options: tell({
        nodes: 3,
        hasWitness: true,
        faults: [
          { kind: 'isolate', atMs: 0, target: 2, forMs: 8_000 },
          { kind: 'losePower', atMs: 12_000, target: 2, forMs: 20_000 },
          { kind: 'killPostmaster', atMs: 20_000, target: 1, orphansMs: 0 },
        ],
        quietAtMs: 34_000,
      }),
      complaint: (world) =>
        world.nodeOf(1)?.server?.directory.branch.timeline === 1
          ? undefined
          : 'it was not restarted in place',
    },
  ],
};
