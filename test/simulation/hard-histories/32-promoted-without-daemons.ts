/** The primary dies, an operator promotes a standby by hand, and then starts its repmgrd; nobody else is there. */
import { type NamedHistory, tell } from './named-history.ts';

export const promotedWithoutDaemons: NamedHistory = {
  name: '32 promoted without daemons',
  rules: '12',
  variants: [
    {
      name: 'two nodes, the primary stays dead',
      options: tell({
        nodes: 2,
        faults: [
          { kind: 'killRepmgrd', atMs: 0, target: 2, forMs: 4_000 },
          { kind: 'losePower', atMs: 500, target: 1, forMs: 60_000 },
          { kind: 'promoteByHand', atMs: 2_000, target: 2 },
        ],
        quietAtMs: 30_000,
      }),
      complaint: (world) =>
        world.nodeOf(2)?.server?.incarnation === 1
          ? undefined
          : 'the promoted server did not serve all the time',
    },
  ],
};
