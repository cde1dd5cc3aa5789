/** The primary's host stands still for a lease and goes on, with all its WAL streams, while the votes are given. */
import { type NamedHistory, tell } from './named-history.ts';

/** Around the moment at which the first leases end. */
const lengths = Array.from({ length: 8 }, (_, index) => 5_300 + index * 50);

export const awakeInTheMiddleOfAVote: NamedHistory = {
  name: '61 awake in the middle of a vote',
  rules: '3',
  variants: lengths.map((forMs) => ({
    name: `after ${forMs} ms`,
    options: tell({
      nodes: 5,
      settings: { commitHoldMs: 0 },
      options: { clients: { intervalMs: 5, commitBytes: 100 } },
      faults: [
        { kind: 'suspendHost', atMs: 0, target: 1, forMs, isHidden: true },
        { kind: 'deafen', atMs: 1_000, target: 1, forMs: 15_000 },
      ],
      quietAtMs: 20_000,
    }),
  })),
};
