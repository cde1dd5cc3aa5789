/** One standby alone acknowledged, says so in the election of another, and can't be read from. */
import type { Fault } from '../history/faults.ts';
import { type NamedHistory, tell } from './named-history.ts';

const dies: Fault = {
  kind: 'losePower',
  atMs: 2_000,
  when: { decision: 'answerBehind', node: 2 },
  target: 2,
  forMs: 12_000,
};
const canNotBeRead: Fault = { kind: 'hangDisk', atMs: 2_100, target: 2, isStateDisk: false, forMs: 20_000 };

export const knownAndNotFetched: NamedHistory = {
  name: '27 known and not fetched',
  rules: '13',
  variants: [
    { name: 'it dies as well', fault: dies },
    { name: 'its disk hangs', fault: canNotBeRead },
  ].map(({ name, fault }) => ({
    name,
    options: tell({
      nodes: 5,
      hasWitness: true,
      upstreams: { 4: 3 },
      settings: { synchronousQuorum: 1 },
      settingsOf: { 2: { priority: 0 }, 4: { priority: 0 } },
      hosts: { 2: { hasOneDisk: false } },
      options: { clients: { intervalMs: 30, commitBytes: 300 } },
      faults: [
        { kind: 'cutBothWays', atMs: 0, from: 1, to: 3, forMs: 30_000 },
        { kind: 'losePower', atMs: 2_000, target: 1, forMs: 30_000 },
        fault,
      ],
      quietAtMs: 35_000,
    }),
  })),
};
