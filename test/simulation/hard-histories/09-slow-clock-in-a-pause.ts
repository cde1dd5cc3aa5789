/** The leader's clock is slow, the others' are fast, and it is cut off before the pause ends. */
import type { Fault } from '../history/faults.ts';
import { type NamedHistory, tell } from './named-history.ts';

const hosts = {
  1: { clockRate: 0.99 },
  2: { clockRate: 1.01 },
  3: { clockRate: 1.01 },
};

const pause: Fault = {
  kind: 'request',
  atMs: 0,
  target: 1,
  request: { kind: 'pause', lengthMs: 40_000, reason: 'somebody works on the servers' },
};

const disturbances: readonly { readonly name: string; readonly fault: Fault }[] = [
  { name: 'cut off to its end', fault: { kind: 'isolate', atMs: 8_000, target: 1, forMs: 42_000 } },
  {
    name: 'suspended',
    fault: { kind: 'suspendHost', atMs: 8_000, target: 1, forMs: 20_000, isHidden: false },
  },
  { name: 'its heartbeats stop', fault: { kind: 'deafen', atMs: 8_000, target: 1, forMs: 42_000 } },
];

export const slowClockInAPause: NamedHistory = {
  name: '09 slow clock in a pause',
  rules: '11',
  variants: [false, true].flatMap((hasGuard) =>
    disturbances.map(({ name, fault }) => ({
      name: `${name}${hasGuard ? ', with a guard' : ''}`,
      options: tell({
        nodes: 3,
        hosts,
        settings: { hasGuard },
        options: { clients: { intervalMs: 0, commitBytes: 100 } },
        faults: [pause, fault],
        quietAtMs: 55_000,
      }),
    })),
  ),
};
