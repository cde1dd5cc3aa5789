/** Has some standbys wait for an operator after a failover, who comes now and then, or never. */
import type { Random } from '../world/random.ts';
import type { Fault } from './faults.ts';
import type { HistoryOptions, NodeOptions } from './options.ts';

const manualChance = 0.1;
const meanMs = 8_000;
/** When all is repaired somebody may still have to come. */
const untilAfterQuietMs = 10_000;

export function withManualStandbys(options: HistoryOptions, random: Random): HistoryOptions {
  if (!random.chance(manualChance)) return options;
  const nodes = options.nodes.map((node) =>
    node.id !== options.primary && !node.isWitness && random.chance(0.5)
      ? { ...node, settings: { ...node.settings, failover: 'manual' as const } }
      : node,
  );
  const visits = nodes.flatMap((node) => drawVisits(node, options.quietAtMs + untilAfterQuietMs, random));
  return { ...options, nodes, faults: [...options.faults, ...visits] };
}

function drawVisits({ id, settings }: NodeOptions, untilMs: number, random: Random): Fault[] {
  if (settings.failover !== 'manual' || random.chance(0.3)) return [];
  const faults: Fault[] = [];
  for (let atMs = random.exponential(meanMs); atMs < untilMs; atMs += random.exponential(meanMs)) {
    faults.push({ kind: 'followByHand', atMs, target: id });
  }
  return faults;
}
