/** Draws what goes wrong: a few kinds of faults for each history, so that some are pure and some are everything. */
import type { OperatorRequest } from '../../../src/failover/operator-request.ts';
import type { NodeId } from '../../../src/model/node.ts';
import type { Random } from '../world/random.ts';
import type { Fault, FaultKind, Target } from './faults.ts';
import type { NodeOptions } from './options.ts';

/** Those of synchronous standbys and of manual ones are drawn by themselves. */
type DrawnKind = Exclude<FaultKind, 'clone' | 'setSynchronousQuorum' | 'followByHand'>;

/** How likely each kind is to be in a history, and how often it comes then, relative to the others. */
const rates: Readonly<Partial<Record<DrawnKind, number>>> = {
  killPostmaster: 4,
  crashBackend: 2,
  shutDown: 1,
  stopPostgres: 1,
  stopPostmaster: 0.5,
  losePower: 3,
  killRepmgrd: 2,
  stopRepmgrd: 2,
  suspendHost: 2,
  isolate: 4,
  cutOneWay: 2,
  cutBothWays: 2,
  split: 2,
  slowLink: 1,
  slowNetwork: 1,
  delayMessages: 1,
  deafen: 1.5,
  setWallClock: 0.5,
  hangDisk: 1,
  failDisk: 0.5,
  loseState: 0.7,
  request: 1,
  unregister: 0.3,
  blockReplay: 0.5,
  fillConnections: 0.5,
  startByHand: 0.5,
  promoteByHand: 0.4,
  restartByHand: 0.5,
};

function drawRequest(random: Random, ids: readonly number[]): OperatorRequest {
  const kind = random.pick([
    'pause',
    'pause',
    'pause',
    'unpause',
    'leave',
    'maintenance',
    'maintenance',
  ] as const);
  switch (kind) {
    case 'pause':
      return { kind, lengthMs: random.scaled(500, 15_000), reason: 'somebody works on the servers' };
    case 'unpause':
      return { kind, isForced: false };
    case 'leave':
      return { kind, node: random.pick(ids) as NodeId };
    case 'maintenance':
      return { kind, node: null, lengthMs: random.chance(0.6) ? 15_000 : 0 };
  }
}

const delayable = [
  'heartbeat',
  'heartbeatAcknowledged',
  'voteRequest',
  'voteAnswer',
  'yield',
  'termGivenUp',
  'statusAnswer',
] as const;

export function drawFaults(
  random: Random,
  nodes: readonly NodeOptions[],
  fromMs: number,
  untilMs: number,
): Fault[] {
  const kinds = (Object.keys(rates) as DrawnKind[]).filter((kind) => random.chance((rates[kind] ?? 0) / 8));
  if (kinds.length === 0) kinds.push(random.pick(['losePower', 'isolate', 'suspendHost'] as const));
  const weights = kinds.map((kind) => (rates[kind] ?? 0) * random.between(0.3, 1));
  const faults: Fault[] = [];
  // A single fault shows what it does by itself; many show what they do together.
  const meanMs = random.pick([60_000, 15_000, 6_000, 2_500]);
  for (let atMs = fromMs + random.exponential(3_000); atMs < untilMs; atMs += random.exponential(meanMs)) {
    faults.push(drawFault(random, pickWeighted(random, kinds, weights), nodes, atMs, untilMs - atMs));
  }
  for (const { id, isRegistered } of nodes) {
    if (!isRegistered) faults.push({ kind: 'register', atMs: random.between(fromMs, untilMs), target: id });
  }
  return faults;
}

function pickWeighted(random: Random, kinds: readonly DrawnKind[], weights: readonly number[]): DrawnKind {
  let rest = random.fraction() * weights.reduce((sum, weight) => sum + weight, 0);
  return kinds.find((_, index) => (rest -= weights[index] ?? 0) < 0) ?? random.pick(kinds);
}

/** @param restMs what lasts longer ends when everything is repaired */
function drawFault(
  random: Random,
  kind: DrawnKind,
  nodes: readonly NodeOptions[],
  atMs: number,
  restMs: number,
): Fault {
  const ids = nodes.map(({ id }) => id);
  const anyone = (): Target => (random.chance(0.55) ? 'primary' : random.pick(ids));
  const forMs = Math.min(restMs, random.scaled(100, 25_000));
  const on = { atMs, target: anyone() };
  switch (kind) {
    case 'killPostmaster':
      return { kind, ...on, orphansMs: random.chance(0.3) ? random.scaled(100, 10_000) : 0 };
    case 'crashBackend':
    case 'bootHost':
    case 'loseState':
    case 'promoteByHand':
    case 'startByHand':
    case 'restartByHand':
      return { kind, ...on, ...(kind === 'crashBackend' ? {} : { target: random.pick(ids) }) };
    case 'losePower':
    case 'killRepmgrd':
    case 'stopRepmgrd':
    case 'stopPostgres':
    case 'stopPostmaster':
    case 'isolate':
    case 'deafen':
    case 'blockReplay':
    case 'fillConnections':
      return { kind, ...on, forMs };
    case 'shutDown':
      return { kind, ...on, forMs, isSmart: random.chance(0.2) };
    case 'delayMessages':
      return {
        kind,
        atMs,
        from: random.pick(ids),
        to: random.pick(ids),
        message: random.pick(delayable),
        byMs: random.scaled(100, 20_000),
        forMs,
      };
    case 'suspendHost':
      return { kind, ...on, forMs, isHidden: random.chance(0.3) };
    case 'cutOneWay':
    case 'cutBothWays':
      return { kind, atMs, from: anyone(), to: random.pick(ids), forMs };
    case 'split':
      return { kind, atMs, side: ids.filter(() => random.chance(0.5)), forMs };
    case 'slowLink':
      return { kind, ...on, extraMs: random.scaled(10, 6_000), loss: random.between(0, 0.5), forMs };
    case 'slowNetwork':
      return { kind, atMs, extraMs: random.scaled(10, 3_000), loss: random.between(0, 0.4), forMs };
    case 'setWallClock':
      return { kind, ...on, byMs: random.pick([-1, 1]) * random.scaled(100, 7_200_000) };
    case 'hangDisk':
    case 'failDisk':
      return { kind, ...on, forMs, isStateDisk: random.chance(0.3) };
    case 'register':
    case 'unregister':
      return { kind, atMs, target: random.pick(ids) };
    case 'request':
      return { kind, atMs, target: random.pick(ids), request: drawRequest(random, ids) };
  }
}
