/** A standby and the primary's PostgreSQL are gone at once: the WAL of who led last says it all. */
import { failsOver } from './expectations.ts';
import { type NamedHistory, tell } from './named-history.ts';

export const crashWithTheLastStandby: NamedHistory = {
  name: '39 crash with the last standby',
  rules: '13',
  variants: [0, 400].map((afterMs) => ({
    name: `${afterMs} ms apart`,
    options: tell({
      nodes: 4,
      hasWitness: true,
      settings: { synchronousQuorum: 1 },
      options: { clients: { intervalMs: 30, commitBytes: 300 } },
      faults: [
        { kind: 'losePower', atMs: 3_000, target: 2, forMs: 30_000 },
        { kind: 'killPostmaster', atMs: 3_000 + afterMs, target: 1, orphansMs: 0 },
      ],
      quietAtMs: 35_000,
    }),
    complaint: failsOver(),
  })),
};
