/** Draws a history from its seed: what the cluster is like, and what goes wrong in it. */
import type { NodeId } from '../../../src/model/node.ts';
import type { ServerHabits } from '../postgres/server-habits.ts';
import { greatestDrift } from '../world/clock.ts';
import type { DiskSpeed } from '../world/disk.ts';
import type { LinkOptions } from '../world/network.ts';
import { Random } from '../world/random.ts';
import { withManualStandbys } from './draw-manual.ts';
import { withOperators } from './draw-operators.ts';
import { withSynchronousQuorum } from './draw-synchronous.ts';
import { drawFaults } from './draw-faults.ts';
import type { ClientOptions, HistoryOptions, NodeOptions } from './options.ts';

const faultsBeginAtMs = 4_000;
const faultsEndAtMs = { low: 24_000, high: 36_000 };
/** How long a cluster may take to be well again, faults that are in the servers' own habits included. */
const settleMs = 36_000;

/** A history of its seed; in some with synchronous standbys or operators, which leaves the others as they were. */
export function drawHistory(seed: number): HistoryOptions {
  const history = withSynchronousQuorum(drawAsynchronous(seed), new Random(seed, 2));
  return withManualStandbys(withOperators(history, new Random(seed, 3)), new Random(seed, 4));
}

function drawAsynchronous(seed: number): HistoryOptions {
  const random = new Random(seed);
  const quietAtMs = random.between(faultsEndAtMs.low, faultsEndAtMs.high);
  const nodes = drawNodes(random);
  return {
    seed,
    nodes,
    primary: 1,
    link: drawLink(random),
    habits: drawHabits(random),
    clients: drawClients(random),
    writeStallMs: 10_000,
    serviceStartMs: random.chance(0.6) ? random.scaled(300, 5_000) : 0,
    repmgrdRestartMs: random.scaled(100, 3_000),
    faults: drawFaults(random, nodes, faultsBeginAtMs, quietAtMs),
    quietAtMs,
    endAtMs: quietAtMs + settleMs,
  };
}

/** How likely each number of nodes is. */
const sizes = [
  { count: 1, weight: 2 },
  { count: 2, weight: 10 },
  { count: 3, weight: 42 },
  { count: 4, weight: 14 },
  { count: 5, weight: 20 },
  { count: 6, weight: 4 },
  { count: 7, weight: 5 },
  { count: 9, weight: 3 },
];

function drawNodes(random: Random): NodeOptions[] {
  let rest = random.fraction() * sizes.reduce((sum, { weight }) => sum + weight, 0);
  const count = sizes.find(({ weight }) => (rest -= weight) < 0)?.count ?? 3;
  const witness = count > 1 && random.chance(0.25) ? count : undefined;
  const shared = drawSharedSettings(random);
  // One that is registered later, where a quorum is there without it.
  const newcomer = count > 2 && random.chance(0.2) ? (witness === count ? count - 1 : count) : undefined;
  const hasCascade = count > 3 && random.chance(0.3);
  const nodes: NodeOptions[] = [];
  for (let id = 1; id <= count; id += 1) {
    const isWitness = id === witness;
    const own = random.chance(0.1) ? drawSharedSettings(random) : shared;
    nodes.push({
      id,
      isWitness,
      upstream: id === 1 || isWitness ? null : hasCascade && id === 4 ? 2 : 1,
      hasReplayDelay: false,
      isRegistered: id !== newcomer,
      host: {
        clockRate: 1 + random.between(-greatestDrift, greatestDrift),
        disk: drawDisk(random),
        hasOneDisk: random.chance(0.6),
      },
      settings: {
        ...own,
        self: id as NodeId,
        priority: isWitness || (id > 1 && random.chance(0.07)) ? 0 : random.pick([100, 100, 100, 50, 200]),
      },
    });
  }
  return nodes;
}

function drawSharedSettings(random: Random): Omit<NodeOptions['settings'], 'self' | 'priority'> {
  const leaseMs = random.chance(0.5) ? 5_000 : Math.round(random.scaled(2_000, 10_000));
  return {
    failover: 'automatic',
    heartbeatIntervalMs: Math.min(500, leaseMs / 10),
    leaseMs,
    fenceMarginMs: 500 + leaseMs * 0.05,
    commitHoldMs: random.chance(0.9) ? Math.min(1_500, leaseMs * 0.3) : 0,
    fenceMode: random.chance(0.9) ? 'readonly' : 'stop',
    hasGuard: random.chance(0.5),
    safeStart: random.chance(0.9),
    rejoin: random.chance(0.85) ? 'automatic' : 'follow',
    failoverQuorum: 'majority',
    shutdownGraceMs: 60_000,
    failoverMaxLagBytes: 1024 * 1024,
    failoverLimit: random.chance(0.2) ? 3 : 0,
    failoverLimitMs: 600_000,
    voterRemovalMs: random.chance(0.15) ? Math.round(random.scaled(5_000, 30_000)) : 0,
    reconnectMs: 6_000,
    electionDelayMs: random.chance(0.2) ? 6_000 : 0,
    promoteCheckTimeoutMs: random.pick([2_000, 10_000, 60_000]),
    walTailTimeoutMs: random.chance(0.95) ? 3_000 : 0,
    synchronousQuorum: 0,
    synchronousQuorumFallback: false,
    canHold: random.chance(0.95),
  };
}

function drawDisk(random: Random): DiskSpeed {
  return { syncMs: random.scaled(0.3, 15), slowChance: random.chance(0.3) ? random.scaled(0.0005, 0.01) : 0 };
}

function drawLink(random: Random): LinkOptions {
  const delayMs = random.scaled(0.1, 20);
  return {
    delayMs,
    jitterMs: delayMs * random.between(0.1, 2),
    lossChance: random.chance(0.5) ? 0 : random.scaled(0.0005, 0.05),
    duplicateChance: random.chance(0.5) ? 0 : random.scaled(0.001, 0.1),
    lateChance: random.chance(0.6) ? 0 : random.scaled(0.001, 0.1),
    lateMs: random.scaled(50, 8_000),
  };
}

function drawHabits(random: Random): ServerHabits {
  const rarely = (chance: number, low: number, high: number) =>
    random.chance(chance) ? random.between(low, high) : 0;
  return {
    recoveryMs: random.scaled(100, 800),
    longRecoveryChance: rarely(0.1, 0.1, 0.5),
    longRecoveryMs: random.scaled(3_000, 20_000),
    promotionMs: random.between(23, 35),
    promotionFailChance: rarely(0.1, 0.1, 0.7),
    promotionBlockChance: rarely(0.1, 0.1, 0.7),
    promotionBlockMs: random.scaled(1_000, 15_000),
    startFailChance: rarely(0.07, 0.05, 0.4),
    reloadMs: random.between(2, 10),
    slowReloadChance: rarely(0.1, 0.1, 0.5),
    slowReloadMs: random.scaled(300, 5_000),
    replayMs: random.scaled(1, 200),
    receiverRetryMs: random.scaled(500, 5_000),
    receiverLingerChance: rarely(0.3, 0.1, 0.6),
    receiverLingerMs: 3_000,
  };
}

function drawClients(random: Random): ClientOptions {
  return {
    intervalMs: random.chance(0.1) ? 0 : random.scaled(50, 3_000),
    commitBytes: Math.round(random.scaled(100, 20_000)),
  };
}
