/** The primary's file says another lease than the others'; it is cut off, and perhaps their repmgrds restart. */
import { type NamedHistory, tell } from './named-history.ts';

export const twoLeaseLengths: NamedHistory = {
  name: '03 two lease lengths',
  rules: 'lease, 1',
  variants: [false, true].map((restarts) => ({
    name: restarts ? "the others' repmgrds restart" : "the others' repmgrds run on",
    options: tell({
      nodes: 3,
      settingsOf: { 1: { leaseMs: 30_000, fenceMarginMs: 2_000, commitHoldMs: 0 } },
      options: { clients: { intervalMs: 0, commitBytes: 100 } },
      faults: [
        { kind: 'isolate', atMs: 2_000, target: 1, forMs: 40_000 },
        ...(restarts
          ? ([
              { kind: 'killRepmgrd', atMs: 2_000, target: 2, forMs: 500 },
              { kind: 'killRepmgrd', atMs: 2_000, target: 3, forMs: 500 },
            ] as const)
          : []),
      ],
      quietAtMs: 45_000,
    }),
  })),
};
