/** Three nodes; each time the primary fails in the next way of several, a hundred times. */
import type { Fault } from '../history/faults.ts';
import { failsOver } from './expectations.ts';
import { type NamedHistory, tell } from './named-history.ts';

const rounds = 100;
/** By then the last failure is over, and everybody follows. */
const everyMs = 20_000;

const crash: Fault = { kind: 'killPostmaster', atMs: 0, target: 'primary', orphansMs: 0 };
const others: readonly Fault[] = [
  { kind: 'losePower', atMs: 0, target: 'primary', forMs: 9_000 },
  { kind: 'isolate', atMs: 0, target: 'primary', forMs: 9_000 },
  { kind: 'suspendHost', atMs: 0, target: 'primary', forMs: 9_000, isHidden: false },
];

/** @param ways the first one is the last one's successor again */
function rounded(ways: readonly Fault[]): readonly Fault[] {
  return Array.from({ length: rounds }, (_, round) => ({
    ...(ways[round % ways.length] ?? crash),
    atMs: 1_000 + round * everyMs,
  }));
}

export const aHundredFailures: NamedHistory = {
  name: '59 a hundred failures',
  rules: 'all',
  variants: [
    { name: 'crashes of PostgreSQL', ways: [crash] },
    { name: 'all kinds in turn', ways: [crash, ...others] },
  ].map(({ name, ways }) => ({
    name,
    options: tell({
      nodes: 3,
      options: { clients: { intervalMs: 1_000, commitBytes: 500 } },
      faults: rounded(ways),
      quietAtMs: rounds * everyMs,
    }),
    complaint: failsOver(rounds * 0.9),
  })),
};
