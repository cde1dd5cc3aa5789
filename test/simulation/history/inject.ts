/** Makes faults happen, and ends them. */
import type { Role } from '../../../src/failover/state.ts';
import type { Random } from '../world/random.ts';
import type { SimulatedNode, World } from '../world/world.ts';
import type { Fault, Target } from './faults.ts';

/** What happens in an instant counts as a reason for what follows for so long. */
const aftermathMs = 15_000;

export function scheduleFaults(world: World): void {
  for (const fault of world.options.faults) {
    const { when } = fault;
    world.schedule.after(fault.atMs, undefined, () => {
      if (when === undefined) inject(world, fault, world.random);
      else world.occasions.push({ ...when, run: () => inject(world, fault, world.random) });
    });
  }
}

function inject(world: World, fault: Fault, random: Random): void {
  const node = 'target' in fault ? resolve(world, fault.target, random) : undefined;
  if ('target' in fault && (node === undefined || !canHappenTo(world, node, fault))) return;
  world.tell(node?.id ?? 0, describe(fault));
  world.watchers.faultBegan(world, fault, node?.id);
  const end = begin(world, fault, node, random);
  const lastsMs = 'forMs' in fault ? fault.forMs : aftermathMs;
  world.schedule.after(lastsMs, undefined, () => {
    if (world.isQuiet) return;
    end?.();
    world.watchers.faultEnded(world, fault, node?.id);
  });
}

/** @returns what ends it */
function begin(
  world: World,
  fault: Fault,
  node: SimulatedNode | undefined,
  random: Random,
): (() => unknown) | undefined {
  if (isOnNetwork(fault)) return beginOnNetwork(world, fault, node, random);
  if (fault.kind === 'setSynchronousQuorum') {
    const { required, hasFallback } = fault;
    for (const { daemon } of world.nodes)
      daemon.changeSettings({ synchronousQuorum: required, synchronousQuorumFallback: hasFallback });
    return undefined;
  }
  if (node === undefined) return undefined;
  if (isOnHost(fault)) return beginOnHost(world, fault, node);
  if (isOnRepmgrd(fault)) return beginOnRepmgrd(world, fault, node);
  return beginOnPostgres(fault, node, world);
}

const onNetwork = [
  'isolate',
  'cutOneWay',
  'cutBothWays',
  'split',
  'slowNetwork',
  'delayMessages',
  'deafen',
] as const;
const onHost = [
  'bootHost',
  'slowLink',
  'setWallClock',
  'losePower',
  'suspendHost',
  'hangDisk',
  'failDisk',
] as const;
const onRepmgrd = [
  'killRepmgrd',
  'stopRepmgrd',
  'loseState',
  'request',
  'followByHand',
  'register',
  'unregister',
] as const;

type Kind<Name extends Fault['kind']> = Extract<Fault, { kind: Name }>;
type NetworkFault = Kind<(typeof onNetwork)[number]>;
type HostFault = Kind<(typeof onHost)[number]>;
type RepmgrdFault = Kind<(typeof onRepmgrd)[number]>;
type PostgresFault = Exclude<Fault, NetworkFault | HostFault | RepmgrdFault | Kind<'setSynchronousQuorum'>>;

function isOnNetwork(fault: Fault): fault is NetworkFault {
  return onNetwork.some((kind) => kind === fault.kind);
}

function isOnHost(fault: Fault): fault is HostFault {
  return onHost.some((kind) => kind === fault.kind);
}

function isOnRepmgrd(fault: Fault): fault is RepmgrdFault {
  return onRepmgrd.some((kind) => kind === fault.kind);
}

function beginOnNetwork(
  world: World,
  fault: NetworkFault,
  node: SimulatedNode | undefined,
  random: Random,
): (() => unknown) | undefined {
  const { network, nodes } = world;
  const links: [number, number][] = [];
  const ids = nodes.map(({ id }) => id as number);
  const cutApart = (isOnSide: (id: number) => boolean) => {
    for (const one of ids) {
      for (const other of ids) if (isOnSide(one) !== isOnSide(other)) links.push([one, other]);
    }
  };
  if (fault.kind === 'slowNetwork') {
    const slow = (extraMs: number, loss: number) => {
      for (const one of ids) for (const other of ids) network.slow(one, other, extraMs, loss);
    };
    slow(fault.extraMs, fault.loss);
    return () => slow(0, 0);
  }
  if (fault.kind === 'delayMessages') {
    world.delays.add(fault);
    return () => world.delays.delete(fault);
  }
  if (fault.kind === 'deafen') {
    if (node !== undefined) world.deaf.add(node.id);
    return () => node !== undefined && world.deaf.delete(node.id);
  }
  if (fault.kind === 'isolate') cutApart((id) => id === node?.id);
  else if (fault.kind === 'split') cutApart((id) => fault.side.includes(id));
  else {
    const from = resolve(world, fault.from, random)?.id;
    const to = resolve(world, fault.to, random)?.id;
    if (from === undefined || to === undefined || from === to) return undefined;
    links.push([from, to]);
    if (fault.kind === 'cutBothWays') links.push([to, from]);
  }
  for (const [from, to] of links) network.cut(from, to);
  return () => {
    for (const [from, to] of links) network.heal(from, to);
  };
}

function beginOnHost(world: World, fault: HostFault, node: SimulatedNode): (() => void) | undefined {
  const { host } = node;
  switch (fault.kind) {
    case 'losePower':
      world.losePower(node);
      return () => world.boot(node);
    case 'bootHost':
      world.boot(node);
      return undefined;
    case 'suspendHost':
      if (host.isUp) host.suspend(fault.forMs, fault.isHidden, () => world.tell(node.id, 'the host goes on'));
      return undefined;
    case 'setWallClock':
      host.clock.setWallClock(fault.byMs);
      return undefined;
    case 'hangDisk':
      (fault.isStateDisk ? host.stateDisk : host.disk).hang(fault.forMs);
      return undefined;
    case 'failDisk': {
      const disk = fault.isStateDisk ? host.stateDisk : host.disk;
      disk.fail(true);
      return () => disk.fail(false);
    }
    case 'slowLink': {
      const slow = (extraMs: number, loss: number) => {
        for (const { id } of world.nodes) {
          world.network.slow(node.id, id, extraMs, loss);
          world.network.slow(id, node.id, extraMs, loss);
        }
      };
      slow(fault.extraMs, fault.loss);
      return () => slow(0, 0);
    }
  }
}

function beginOnRepmgrd(world: World, fault: RepmgrdFault, node: SimulatedNode): (() => void) | undefined {
  const { daemon, host } = node;
  switch (fault.kind) {
    case 'killRepmgrd':
      daemon.kill();
      return () => daemon.start();
    case 'stopRepmgrd':
      host.stopRepmgrd();
      return () => host.continueRepmgrd();
    case 'loseState':
      daemon.kill();
      daemon.file = undefined;
      world.schedule.after(world.options.repmgrdRestartMs, undefined, () => daemon.start());
      return undefined;
    case 'register':
      world.register(node);
      return undefined;
    case 'unregister':
      world.unregister(node);
      return undefined;
    case 'followByHand': {
      const primary = world.nodes.find((it) => it.server?.isWritable === true && it.id !== node.id);
      if (primary !== undefined)
        daemon.request(`follow on node ${node.id}`, { kind: 'follow', node: primary.id });
      return undefined;
    }
    case 'request':
      daemon.request(`${fault.request.kind} on node ${node.id}`, fault.request);
      return undefined;
  }
}

function beginOnPostgres(fault: PostgresFault, node: SimulatedNode, world: World): (() => void) | undefined {
  const { server } = node;
  if (server === undefined) return undefined;
  switch (fault.kind) {
    case 'killPostmaster':
      server.killPostmaster(fault.orphansMs);
      return undefined;
    case 'crashBackend':
      server.crashBackend();
      return undefined;
    case 'stopPostgres':
      server.setStopped(true);
      return () => server.setStopped(false);
    case 'stopPostmaster':
      server.isPostmasterStopped = true;
      return () => {
        server.isPostmasterStopped = false;
      };
    case 'shutDown':
      if (fault.isSmart === true) server.shutDownSmartly();
      else server.shutDown();
      return () => {
        server.start('service');
      };
    case 'blockReplay':
      server.replayBlockedUntil = world.schedule.now + fault.forMs;
      return undefined;
    case 'fillConnections':
      server.isFull = true;
      return () => {
        server.isFull = false;
      };
    case 'clone':
      clone(world, node, resolve(world, fault.from, world.random));
      return undefined;
    case 'promoteByHand':
      if (server.promote()) world.byHand.add(node.id);
      return undefined;
    case 'startByHand':
      server.killEverything();
      server.directory.standbySignal = false;
      if (server.start('operator')) world.byHand.add(node.id);
      return undefined;
    case 'restartByHand':
      server.killEverything();
      server.start('operator');
      return undefined;
  }
}

/** `standby clone --force` on a standby; where a vote binds it, it is refused, or goes through its repmgrd. */
function clone(world: World, { server, daemon, id }: SimulatedNode, from: SimulatedNode | undefined): void {
  const source = from?.server;
  const { frozen = null } = daemon.state?.durable ?? daemon.file ?? {};
  const hasSource =
    source !== undefined &&
    (source.phase === 'writable' || source.receiver.stream?.hasSender === true) &&
    world.network.isOpenBothWays(id, source.node);
  if (server === undefined || server === source || !hasSource) return;
  if (frozen !== null || server.isWritable || server.isBeingCopied || server.phase === 'starting') return;
  const { primaryConninfo } = server.directory;
  server.killEverything();
  server.isBeingCopied = true;
  world.schedule.after(world.random.scaled(300, 5_000), undefined, () => {
    server.isBeingCopied = false;
    server.directory.becomeCopyOf(source.directory);
    server.directory.identity += 1;
    server.directory.primaryConninfo = primaryConninfo;
    server.directory.synchronousNames = source.directory.synchronousNames;
    server.replayedLsn = server.directory.flushedLsn;
    server.start('operator');
  });
}

function resolve(world: World, target: Target, random: Random): SimulatedNode | undefined {
  if (typeof target === 'number') return world.nodeOf(target);
  if (target === 'candidate') return world.nodes.find(({ daemon }) => isAboutToLead(daemon.state?.role));
  if (target === 'leader') return world.nodes.find(({ daemon }) => daemon.state?.role.kind === 'leader');
  const candidates = world.nodes.filter(
    ({ server }) => server !== undefined && (target === 'primary') === (server.phase === 'writable'),
  );
  return candidates.length === 0 ? undefined : random.pick(candidates);
}

function canHappenTo({ exists }: World, { id, host }: SimulatedNode, fault: Fault): boolean {
  const { kind } = fault;
  if (exists.has(id) === (kind === 'register')) return false;
  // The row of a node that is gone is deleted as well.
  if (isOnNetwork(fault) || kind === 'unregister') return true;
  return kind === 'bootHost' ? !host.isUp : host.isUp && !host.isSuspended;
}

function isAboutToLead(role: Role | undefined): boolean {
  return role?.kind === 'candidate' || (role?.kind === 'leader' && role.stage === 'promoting');
}

function describe(fault: Fault): string {
  const { kind, atMs: _, when: _when, ...rest } = fault;
  const details = Object.entries(rest).map(([name, value]) => `${name} ${JSON.stringify(value)}`);
  return `FAULT ${kind} (${details.join(', ')})`;
}
