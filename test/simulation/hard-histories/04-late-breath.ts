/** Answers take seconds: who counts from their receipt thinks itself in contact for seconds too long. */
import { type NamedHistory, tell } from './named-history.ts';

export const lateBreath: NamedHistory = {
  name: '04 late breath',
  rules: 'lease',
  variants: [2_000, 5_000].map((byMs) => ({
    name: `${byMs} ms`,
    options: tell({
      nodes: 3,
      settings: { leaseMs: 10_000, fenceMarginMs: 1_000, commitHoldMs: 0 },
      options: { clients: { intervalMs: 0, commitBytes: 100 } },
      faults: [
        ...([2, 3] as const).flatMap(
          (from) =>
            [
              {
                kind: 'delayMessages',
                message: 'heartbeatAcknowledged',
                atMs: 0,
                from,
                to: 1,
                byMs,
                forMs: 60_000,
              },
              { kind: 'cutBothWays', atMs: 10_000, from: 1, to: from, forMs: 60_000 },
            ] as const,
        ),
      ],
      quietAtMs: 40_000,
    }),
  })),
};
