/** A candidate still counts a vote whose lease has ended, while the voter follows the old leader again. */
import { type NamedHistory, tell } from './named-history.ts';

export const staleVote: NamedHistory = {
  name: '16 stale vote',
  rules: '4',
  variants: [0, 300, 600].map((extraMs) => ({
    name: `the fourth comes ${extraMs} ms later`,
    options: tell({
      nodes: 4,
      settings: { leaseMs: 2_000, fenceMarginMs: 600, heartbeatIntervalMs: 200, commitHoldMs: 0 },
      settingsOf: { 2: { priority: 0 }, 4: { priority: 0 } },
      options: { repmgrdRestartMs: 50, serviceStartMs: 50, clients: { intervalMs: 0, commitBytes: 100 } },
      faults: [
        { kind: 'losePower', atMs: 0, target: 1, forMs: 60_000 },
        {
          kind: 'cutBothWays',
          atMs: 500,
          when: { decision: 'standForElection' },
          from: 3,
          to: 4,
          forMs: 4_500 + extraMs,
        },
        { kind: 'bootHost', atMs: 500, when: { decision: 'standForElection', thenMs: 100 }, target: 1 },
        {
          kind: 'cutBothWays',
          atMs: 500,
          when: { decision: 'standForElection', thenMs: 1_800 },
          from: 1,
          to: 4,
          forMs: 20_000,
        },
        {
          kind: 'cutBothWays',
          atMs: 500,
          when: { decision: 'standForElection' },
          from: 1,
          to: 3,
          forMs: 20_000,
        },
      ],
      quietAtMs: 30_000,
    }),
  })),
};
