/** Makes some histories those of a cluster with synchronous standbys, with what can go wrong there besides. */
import type { Random } from '../world/random.ts';
import type { Fault } from './faults.ts';
import type { HistoryOptions } from './options.ts';

export function withSynchronousQuorum(options: HistoryOptions, random: Random): HistoryOptions {
  if (!random.chance(0.35)) return options;
  const settings = {
    synchronousQuorum: random.pick([1, 1, 2]),
    synchronousQuorumFallback: random.chance(0.3),
  };
  const patienceMs = random.chance(0.3) ? random.scaled(200, 5_000) : undefined;
  return {
    ...options,
    nodes: options.nodes.map((node) => ({ ...node, settings: { ...node.settings, ...settings } })),
    clients: { ...options.clients, ...(patienceMs === undefined ? {} : { patienceMs }) },
    faults: [...options.faults, ...drawFaults(options, random)],
  };
}

function drawFaults({ nodes, quietAtMs }: HistoryOptions, random: Random): Fault[] {
  const faults: Fault[] = [];
  const times = (chance: number, meanMs: number) => {
    const found: number[] = [];
    if (!random.chance(chance)) return found;
    for (let atMs = 4_000 + random.exponential(meanMs); atMs < quietAtMs; atMs += random.exponential(meanMs))
      found.push(atMs);
    return found;
  };
  for (const atMs of times(0.3, 8_000)) {
    const required = random.pick([0, 1, 1, 2, 2]);
    faults.push({ kind: 'setSynchronousQuorum', atMs, required, hasFallback: random.chance(0.3) });
  }
  for (const atMs of times(0.25, 10_000)) {
    const target = random.pick(nodes).id;
    faults.push({ kind: 'clone', atMs, target, from: random.pick(['primary', 'standby'] as const) });
  }
  return faults;
}
