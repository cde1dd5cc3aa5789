/** The link takes two seconds each way: who counts from the receipt of an answer counts four seconds too many. */
import { type NamedHistory, tell } from './named-history.ts';

export const lateBreath: NamedHistory = {
  name: '04 late breath',
  rules: 'lease',
  variants: [1_000, 2_000].map((extraMs) => ({
    name: `${extraMs} ms each way`,
    options: tell({
      nodes: 3,
      settings: { leaseMs: 10_000, fenceMarginMs: 1_000, commitHoldMs: 0 },
      faults: [
        { kind: 'slowNetwork', atMs: 0, extraMs, loss: 0, forMs: 60_000 },
        // The heartbeats still arrive, and the answers to them do not: the lease is at its longest, the contact is not.
        { kind: 'cutOneWay', atMs: 15_000, from: 2, to: 1, forMs: 60_000 },
        { kind: 'cutOneWay', atMs: 15_000, from: 3, to: 1, forMs: 60_000 },
        { kind: 'isolate', atMs: 18_000, target: 1, forMs: 60_000 },
        { kind: 'slowNetwork', atMs: 18_500, extraMs: 0, loss: 0, forMs: 60_000 },
      ],
      quietAtMs: 45_000,
    }),
  })),
};
