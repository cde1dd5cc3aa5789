/** The leader's clock is slow, the others' are fast, and it is cut off before the pause ends. */
import { type NamedHistory, tell } from './named-history.ts';

const hosts = {
  1: { clockRate: 0.99 },
  2: { clockRate: 1.01 },
  3: { clockRate: 1.01 },
};

export const slowClockInAPause: NamedHistory = {
  name: '09 slow clock in a pause',
  rules: '11',
  variants: [
    { name: 'cut off to its end', fault: 'isolate' },
    { name: 'suspended', fault: 'suspendHost' },
    { name: 'its heartbeats stop', fault: 'deafen' },
  ].map(({ name, fault }) => ({
    name,
    options: tell({
      nodes: 3,
      hosts,
      options: { clients: { intervalMs: 0, commitBytes: 100 } },
      faults: [
        {
          kind: 'request',
          atMs: 0,
          target: 1,
          request: { kind: 'pause', lengthMs: 40_000, reason: 'somebody works on the servers' },
        },
        {
          kind: fault as 'isolate',
          atMs: 8_000,
          target: 1,
          forMs: 42_000,
          ...(fault === 'suspendHost' ? { isHidden: false, forMs: 20_000 } : {}),
        },
      ],
      quietAtMs: 55_000,
    }),
  })),
};
