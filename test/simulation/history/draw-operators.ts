/** Has operators act in some histories: they switch over, stand a node for election, force one, or need no quorum. */
import type { OperatorRequest } from '../../../src/failover/operator-request.ts';
import type { NodeId } from '../../../src/model/node.ts';
import type { Random } from '../world/random.ts';
import type { Fault, Target } from './faults.ts';
import type { HistoryOptions } from './options.ts';

const faultsBeginAtMs = 5_000;

export function withOperators(options: HistoryOptions, random: Random): HistoryOptions {
  const faults = [
    ...(random.chance(0.2) ? drawSwitchovers(options, random) : []),
    ...(random.chance(0.06) ? drawForcedPromotion(options, random) : []),
    ...(random.chance(0.06) ? drawFailuresInTurn(options, random) : []),
  ];
  const isWithoutQuorum = random.chance(options.nodes.length === 2 ? 0.15 : 0.02);
  const nodes = options.nodes.map((node) => ({
    ...node,
    settings: { ...node.settings, failoverQuorum: 'none' as const },
  }));
  return {
    ...options,
    ...(isWithoutQuorum ? { nodes } : {}),
    faults: [...options.faults, ...faults.filter(({ atMs }) => atMs < options.quietAtMs)],
  };
}

/** Some of them never end, since one side of it fails in the middle. */
function drawSwitchovers({ nodes, quietAtMs }: HistoryOptions, random: Random): Fault[] {
  const faults: Fault[] = [];
  const meanMs = random.pick([4_000, 12_000]);
  for (
    let atMs = faultsBeginAtMs + random.exponential(meanMs);
    atMs < quietAtMs;
    atMs += random.exponential(meanMs)
  ) {
    const to = random.pick(nodes).id as NodeId;
    const isElection = random.chance(0.15);
    faults.push({ kind: 'request', atMs, target: isElection ? to : 'leader', request: wish(to, isElection) });
    if (random.chance(0.4)) {
      const target = random.pick<Target>(['leader', 'primary', 'candidate', to]);
      faults.push(drawBreak(random, atMs + random.scaled(1, 2_000), target));
    }
  }
  return faults;
}

function wish(to: NodeId, isElection: boolean): OperatorRequest {
  return isElection ? { kind: 'promote', isForced: false } : { kind: 'switchover', to };
}

function drawBreak(random: Random, atMs: number, target: Target): Fault {
  const forMs = random.scaled(200, 15_000);
  const kind = random.pick(['losePower', 'killRepmgrd', 'isolate', 'suspendHost', 'killPostmaster'] as const);
  switch (kind) {
    case 'killPostmaster':
      return { kind, atMs, target, orphansMs: 0 };
    case 'suspendHost':
      return { kind, atMs, target, forMs, isHidden: random.chance(0.3) };
    case 'losePower':
    case 'killRepmgrd':
    case 'isolate':
      return { kind, atMs, target, forMs };
  }
}

/** So many hosts are gone that no quorum is left; an operator goes on with what is there, and they come back. */
function drawForcedPromotion({ nodes, quietAtMs }: HistoryOptions, random: Random): Fault[] {
  const survivors = nodes.filter(({ isWitness }) => !isWitness);
  const survivor = random.pick(survivors).id;
  const atMs = random.between(faultsBeginAtMs, quietAtMs - 8_000);
  const gone = nodes.filter(({ id }) => id !== survivor && random.chance(0.9));
  const forcedAtMs = atMs + random.scaled(200, 8_000);
  return [
    ...gone.map(
      ({ id }): Fault => ({
        kind: random.chance(0.7) ? 'losePower' : 'isolate',
        atMs: atMs + random.between(0, 500),
        target: id,
        forMs: random.scaled(3_000, 30_000),
      }),
    ),
    {
      kind: 'request',
      atMs: forcedAtMs,
      target: survivor,
      request: { kind: 'promote', isForced: true },
    },
  ];
}

/** Whoever is the primary fails, comes back, and the next one fails. */
function drawFailuresInTurn({ quietAtMs }: HistoryOptions, random: Random): Fault[] {
  const faults: Fault[] = [];
  const everyMs = random.scaled(1_500, 8_000);
  for (let atMs = faultsBeginAtMs; atMs < quietAtMs; atMs += everyMs * random.between(0.8, 1.2)) {
    faults.push(drawBreak(random, atMs, 'primary'));
  }
  return faults;
}
