/** The primary's file says another lease than the others'; it is cut off when their repmgrds restart. */
import { type NamedHistory, tell } from './named-history.ts';

export const twoLeaseLengths: NamedHistory = {
  name: '03 two lease lengths',
  rules: 'lease, 1',
  variants: [
    { name: 'the primary is cut off', isStopped: false },
    { name: 'its repmgrd stands still and nobody guards it', isStopped: true },
  ].map(({ name, isStopped }) => ({
    name,
    options: tell({
      nodes: 3,
      settingsOf: { 1: { leaseMs: 30_000, fenceMarginMs: 2_000, commitHoldMs: 0, hasGuard: !isStopped } },
      faults: [
        { kind: 'isolate', atMs: 2_000, target: 1, forMs: 40_000 },
        { kind: 'killRepmgrd', atMs: 2_100, target: 2, forMs: 500 },
        { kind: 'killRepmgrd', atMs: 2_100, target: 3, forMs: 500 },
        ...(isStopped ? [{ kind: 'stopRepmgrd', atMs: 2_000, target: 1, forMs: 100 } as const] : []),
      ],
      quietAtMs: 45_000,
    }),
  })),
};
