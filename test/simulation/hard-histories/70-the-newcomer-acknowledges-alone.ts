/** A new standby is named, and at that moment it and the primary are cut off from all others. */
import { failsOver } from './expectations.ts';
import { type NamedHistory, tell } from './named-history.ts';

export const theNewcomerAcknowledgesAlone: NamedHistory = {
  name: '70 the newcomer acknowledges alone',
  rules: '13',
  variants: [0, 30, 100].map((thenMs) => ({
    name: `after ${thenMs} ms`,
    options: tell({
      nodes: 5,
      unregistered: [5],
      settings: { synchronousQuorum: 1 },
      options: { clients: { intervalMs: 20, commitBytes: 300 } },
      faults: [
        { kind: 'register', atMs: 3_000, target: 5 },
        {
          kind: 'split',
          atMs: 3_000,
          when: { decision: 'setNames', node: 1, thenMs },
          side: [1, 5],
          forMs: 12_000,
        },
      ],
      quietAtMs: 25_000,
    }),
    complaint: failsOver(),
  })),
};
