/** The voters' repmgrds stand still for longer than a lease, and the primary is in contact with their WAL alone. */
import { type NamedHistory, tell } from './named-history.ts';

export const deafVoters: NamedHistory = {
  name: '55 deaf voters',
  rules: '3, 5',
  variants: [
    {
      name: 'attached to a standby',
      options: tell({
        nodes: 5,
        upstreams: { 3: 2, 4: 2, 5: 2 },
        faults: [{ kind: 'deafen', atMs: 1_000, target: 1, forMs: 20_000 }],
        quietAtMs: 25_000,
      }),
    },
    ...[6_000, 9_000].map((forMs) => ({
      name: `for ${forMs} ms`,
      options: tell({
        nodes: 3,
        faults: [
          { kind: 'deafen', atMs: 1_000, target: 1, forMs: 20_000 },
          { kind: 'stopRepmgrd', atMs: 1_000, target: 2, forMs },
          { kind: 'stopRepmgrd', atMs: 1_000, target: 3, forMs },
        ],
        quietAtMs: 25_000,
      }),
    })),
  ],
};
