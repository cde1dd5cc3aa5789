/** An old primary wrote much that nobody has; a newer one forked before it and wrote little. Both stand. */
import { type NamedHistory, tell } from './named-history.ts';

const busy = { clients: { intervalMs: 20, commitBytes: 20_000 } };
const settings = { rejoin: 'follow', commitHoldMs: 0 } as const;

export const aLongerOlderLog: NamedHistory = {
  name: '25 a longer older log',
  rules: 'position',
  variants: [
    {
      name: 'on an older timeline',
      options: tell({
        nodes: 4,
        settings,
        options: busy,
        faults: [
          { kind: 'isolate', atMs: 0, target: 1, forMs: 7_000 },
          {
            kind: 'losePower',
            atMs: 1_000,
            when: { decision: 'promotionDone', thenMs: 900 },
            target: 'primary',
            forMs: 30_000,
          },
        ],
        quietAtMs: 35_000,
      }),
    },
    {
      name: 'on a timeline of the same number',
      options: tell({
        nodes: 5,
        settings,
        settingsOf: { 2: { priority: 200 } },
        options: busy,
        faults: [
          { kind: 'losePower', atMs: 0, target: 1, forMs: 60_000 },
          {
            kind: 'isolate',
            atMs: 1_000,
            when: { decision: 'promote', node: 2, thenMs: 25 },
            target: 2,
            forMs: 7_000,
          },
          ...[3, 4, 5].map(
            (node) =>
              ({
                kind: 'losePower',
                atMs: 1_000,
                when: { decision: 'promotionDone', node, thenMs: 900 },
                target: node,
                forMs: 40_000,
              }) as const,
          ),
        ],
        quietAtMs: 40_000,
      }),
    },
  ],
};
