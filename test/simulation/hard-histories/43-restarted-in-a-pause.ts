/** Failover is paused, and the primary is restarted in one way or another. */
import type { Fault } from '../history/faults.ts';
import { leads, nobodyIsPromoted } from './expectations.ts';
import { type NamedHistory, tell } from './named-history.ts';

const restarts: readonly { readonly name: string; readonly fault: Fault }[] = [
  { name: 'by hand, in immediate mode', fault: { kind: 'restartByHand', atMs: 5_000, target: 1 } },
  { name: 'by hand, in fast mode', fault: { kind: 'shutDown', atMs: 5_000, target: 1, forMs: 1_500 } },
  { name: 'a backend crashes', fault: { kind: 'crashBackend', atMs: 5_000, target: 1 } },
  { name: 'the host is rebooted', fault: { kind: 'losePower', atMs: 5_000, target: 1, forMs: 4_000 } },
];

export const restartedInAPause: NamedHistory = {
  name: '43 restarted in a pause',
  rules: '11',
  variants: restarts.map(({ name, fault }) => ({
    name,
    options: tell({
      nodes: 3,
      faults: [
        {
          kind: 'request',
          atMs: 0,
          target: 2,
          request: { kind: 'pause', lengthMs: 25_000, reason: 'somebody works on the servers' },
        },
        fault,
      ],
      quietAtMs: 40_000,
    }),
    complaint: fault.kind === 'losePower' ? leads(1) : nobodyIsPromoted,
  })),
};
