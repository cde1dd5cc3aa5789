/**
 * One history's world: hosts, servers, daemons, the network between them, and who watches. It is the only thing that
 * knows the whole truth.
 */
import type { Durable } from '../../../src/failover/durable.ts';
import { emptyDurable } from '../../../src/failover/initial-state.ts';
import type { Event } from '../../../src/failover/events.ts';
import type { Message } from '../../../src/failover/messages.ts';
import type { PeerAnswer } from '../../../src/failover/server-observation.ts';
import type { RegisteredNode } from '../../../src/failover/settings.ts';
import type { State } from '../../../src/failover/state.ts';
import type { StepResult } from '../../../src/failover/step.ts';
import type { NodeId } from '../../../src/model/node.ts';
import type { Watchers } from '../checkers/watcher.ts';
import { Daemon } from '../daemon/daemon.ts';
import { Guard } from '../daemon/guard.ts';
import { answerOverSql, isAnswering } from '../daemon/observe.ts';
import type { Fault, Occasion } from '../history/faults.ts';
import type { HistoryOptions, NodeOptions } from '../history/options.ts';
import { DataDirectory } from '../postgres/data-directory.ts';
import { PostgresServer } from '../postgres/server.ts';
import { goodHabits, type ServerWatcher, type WayToWritable } from '../postgres/server-habits.ts';
import { Host } from './host.ts';
import { Metadata } from './metadata.ts';
import { Network } from './network.ts';
import { Random } from './random.ts';
import { type Process, Schedule } from './schedule.ts';
import type { Trace } from './trace.ts';
import { Branch } from './wal.ts';

export interface SimulatedNode {
  readonly id: NodeId;
  readonly host: Host;
  readonly server: PostgresServer | undefined;
  readonly daemon: Daemon;
  readonly guard: Guard;
}

const bytesPerMs = 100_000;
/** WAL that the cluster has when a history begins. */
const firstLsn = 1_000_000;

export class World implements ServerWatcher {
  readonly options: HistoryOptions;
  readonly schedule = new Schedule();
  readonly random: Random;
  readonly network: Network;
  readonly nodes: readonly SimulatedNode[];
  readonly metadata: Metadata;
  readonly watchers: Watchers;
  readonly trace: Trace | undefined;
  /** Nodes whose server an operator made writable without asking anybody. */
  readonly byHand = new Set<number>();
  occasions: (Occasion & { readonly run: () => void })[] = [];
  readonly deaf = new Set<number>();
  readonly delays = new Set<Extract<Fault, { kind: 'delayMessages' }>>();
  /** Nodes that were ever installed, and those that were taken away for good. */
  readonly exists = new Set<number>();
  readonly unregistered = new Set<number>();
  /** What each node has ever decided: `decision node`. */
  readonly decided = new Set<string>();
  isQuiet = false;
  steps = 0;

  constructor(options: HistoryOptions, watchers: Watchers, trace: Trace | undefined) {
    this.options = options;
    this.watchers = watchers;
    this.trace = trace;
    this.random = new Random(options.seed, 1);
    this.network = new Network(this.schedule, this.random, options.link, options.nodes.length + 1);
    const root = new Branch(1, options.primary, undefined, 0);
    root.end = firstLsn;
    const registered = options.nodes.filter(({ isRegistered }) => isRegistered).map(rowOf);
    this.nodes = options.nodes.map((node) => this.#makeNode(node.id, root, registered));
    this.metadata = new Metadata(this, registered, options.primary as NodeId, {
      branch: root,
      lsn: firstLsn,
    });
  }

  #makeNode(id: number, root: Branch, registered: readonly RegisteredNode[]): SimulatedNode {
    const { options, schedule, random, network } = this;
    const own = options.nodes[id - 1];
    if (own === undefined) throw new Error(`no options for node ${id}`);
    const host = new Host(schedule, random, own.host);
    const server = own.isWitness
      ? undefined
      : new PostgresServer(id, host, new DataDirectory(root, firstLsn, 'shut down'), {
          schedule,
          network,
          random,
          habits: options.habits,
          watcher: this,
          isHearing: (one, other) => !this.deaf.has(one) && !this.deaf.has(other),
          findServer: (node) => this.nodeOf(node)?.server,
        });
    if (server !== undefined) {
      server.directory.standbySignal = id !== options.primary;
      if (own.upstream !== null) server.directory.primaryConninfo = `node ${own.upstream}`;
      server.hasReplayDelay = own.hasReplayDelay;
    }
    const daemon = new Daemon(this, { ...own.settings, nodes: registered }, host, server);
    const file = options.files?.[id];
    if (file !== undefined) daemon.file = { ...emptyDurable, ...file };
    return { id: id as NodeId, host, server, daemon, guard: new Guard(daemon) };
  }

  /** Everything is started, the daemons one after the other, the primary's last as a rule. */
  start(): void {
    const isOrderly = this.random.chance(0.8);
    for (const { id, server, daemon } of this.nodes) {
      if (this.options.nodes[id - 1]?.isRegistered === false) continue;
      this.exists.add(id);
      server?.start('service');
      const isLast = isOrderly && id === this.options.primary;
      this.schedule.after(this.random.between(0, 1000) + (isLast ? 1000 : 0), undefined, () =>
        daemon.start(),
      );
    }
  }

  /** Clones the primary, registers the new node, and starts its daemon. */
  register(node: SimulatedNode): void {
    const source = this.nodes.find(({ server }) => server?.phase === 'writable')?.server;
    const own = this.options.nodes[node.id - 1];
    if (source === undefined || own === undefined || !isAnswering(source)) return;
    this.exists.add(node.id);
    if (node.server !== undefined) {
      node.server.directory.becomeCopyOf(source.directory);
      node.server.directory.identity += 1;
      node.server.directory.primaryConninfo = `node ${source.node}`;
      node.server.directory.synchronousNames = source.directory.synchronousNames;
      node.server.start('operator');
    }
    this.metadata.register(rowOf(own), true);
    this.schedule.after(this.options.repmgrdRestartMs, undefined, () => node.daemon.start());
  }

  /** For good: the node is switched off and its row deleted. */
  unregister(node: SimulatedNode): void {
    const own = this.options.nodes[node.id - 1];
    if (own === undefined || !this.exists.has(node.id) || node.server?.phase === 'writable') return;
    this.losePower(node);
    this.unregistered.add(node.id);
    this.metadata.register(rowOf(own), false);
  }

  losePower(node: SimulatedNode): void {
    if (!node.host.isUp) return;
    node.server?.losePower();
    node.daemon.kill();
    node.guard.end();
    node.host.losePower();
  }

  boot({ host, daemon, server, id }: SimulatedNode): void {
    if (host.isUp || this.unregistered.has(id)) return;
    host.boot();
    this.tell(id, 'the host boots');
    const { serviceStartMs, repmgrdRestartMs } = this.options;
    this.schedule.after(repmgrdRestartMs, undefined, () => daemon.start());
    if (serviceStartMs > 0) this.schedule.after(serviceStartMs, undefined, () => server?.start('service'));
  }

  /** The faults are over: an administrator has seen to everything but to what repmgrd is for. */
  repairEverything(): void {
    this.narrate('all faults are over');
    this.isQuiet = true;
    this.network.healAll();
    this.occasions = [];
    this.delays.clear();
    this.deaf.clear();
    for (const node of this.nodes) {
      if (!this.exists.has(node.id) || this.unregistered.has(node.id)) continue;
      const { host, server, daemon } = node;
      host.disk.repair();
      host.stateDisk.repair();
      if (server !== undefined) {
        server.around.habits = goodHabits(server.around.habits);
        server.setStopped(false);
        server.isPostmasterStopped = false;
        if (server.isShuttingDownSmartly) server.shutDown();
        if (!daemon.isRunning) server.isBeingCopied = false;
        server.isFull = false;
        server.replayBlockedUntil = this.schedule.now;
        server.pauseReplay(false);
      }
      host.continueRepmgrd();
      this.boot(node);
      this.schedule.after(this.random.between(10, 500), undefined, () => daemon.start());
      if (server !== undefined) this.#keepRunning(server);
    }
    this.watchers.quiet(this);
  }

  #keepRunning(server: PostgresServer): void {
    this.schedule.after(this.random.between(3_000, 6_000), undefined, () => {
      server.start('service');
      this.#keepRunning(server);
    });
  }

  nodeOf(id: number): SimulatedNode | undefined {
    return this.nodes[id - 1];
  }

  guardOf(id: number): Guard {
    const node = this.nodeOf(id);
    if (node === undefined) throw new Error(`no node ${id}`);
    return node.guard;
  }

  /** A line of the story; costs nothing where nobody listens. */
  tell(node: number, text: string): void {
    this.trace?.tell(this.schedule.now, node === 0 ? '' : `node ${node}`, text);
  }

  narrate(text: string): void {
    this.trace?.tell(this.schedule.now, '', text);
  }

  send(from: NodeId, to: NodeId, message: Message): void {
    const target = this.nodeOf(to);
    if (target === undefined || to === from) return;
    const isHeard = !this.deaf.has(from) && !this.deaf.has(to);
    this.watchers.messageSent(this, from, to, message);
    if (!isHeard) return;
    const arrive = () => {
      if (target.host.isUp) target.daemon.receive(from, message);
    };
    const delay = this.delays.size === 0 ? undefined : this.#delayOf(from, to, message);
    if (delay === undefined) this.network.send(from, to, arrive);
    else this.schedule.after(delay, undefined, arrive);
  }

  #delayOf(from: number, to: number, { kind }: Message): number | undefined {
    for (const fault of this.delays) {
      if (fault.from === from && fault.to === to && fault.message === kind) return fault.byMs;
    }
    return undefined;
  }

  /** A question over SQL: no answer at all where something is in the way. */
  ask(from: NodeId, to: NodeId, process: Process, answered: (answer: PeerAnswer) => void): void {
    const target = this.nodeOf(to);
    const thereMs = 3 * this.network.delayMs(from, to) + this.network.retransmitMs(from, to);
    this.schedule.after(thereMs, undefined, () => {
      if (target === undefined || !target.host.isUp || target.host.isSuspended) return;
      if (!this.network.isOpenBothWays(from, to) || this.deaf.has(from) || this.deaf.has(to)) return;
      const answer = target.server === undefined ? 'silent' : answerOverSql(target.server);
      const backMs = this.network.delayMs(to, from) + this.network.retransmitMs(to, from);
      this.schedule.after(backMs, process, () => answered(answer));
    });
  }

  /** A request to a living repmgrd. */
  askDaemon(from: NodeId, to: NodeId, arrived: () => void): void {
    const target = this.nodeOf(to);
    this.schedule.after(this.network.delayMs(from, to), undefined, () => {
      if (target?.daemon.isRunning !== true || !this.network.isOpenBothWays(from, to)) return;
      if (this.deaf.has(from) || this.deaf.has(to)) return;
      this.schedule.pass(target.daemon.process, arrived);
    });
  }

  /** Bytes over TCP. */
  carry(from: NodeId, to: NodeId, bytes: number, process: Process, arrived: () => void): void {
    this.schedule.after(this.network.delayMs(from, to) + bytes / bytesPerMs, process, () => {
      if (this.network.isOpenBothWays(from, to)) arrived();
    });
  }

  stepped(daemon: Daemon, before: State, event: Event, result: StepResult): void {
    this.steps += 1;
    this.watchers.stepped(this, daemon, before, event, result);
    for (const { decision } of result.explanations) this.decided.add(`${decision} ${daemon.node}`);
    if (this.occasions.length > 0) this.#seizeOccasions(daemon, result);
    if (this.trace !== undefined) {
      for (const { rule, sentence } of result.explanations)
        this.tell(daemon.node, `${sentence} (rule ${rule})`);
    }
  }

  #seizeOccasions(daemon: Daemon, { explanations }: StepResult): void {
    for (const { decision } of explanations) {
      const isSeized = (it: Occasion) =>
        it.decision === decision && (it.node === undefined || it.node === daemon.node);
      const seized = this.occasions.filter(isSeized);
      if (seized.length === 0) continue;
      this.occasions = this.occasions.filter((it) => !isSeized(it));
      for (const { thenMs, run } of seized) this.schedule.after(thenMs ?? 0, undefined, run);
    }
  }

  persisted(daemon: Daemon, before: Durable | undefined, after: Durable): void {
    this.watchers.persisted(this, daemon, before, after);
  }

  daemonStopped(daemon: Daemon): void {
    this.tell(daemon.node, 'repmgrd is gone');
    this.watchers.daemonStopped(this, daemon);
  }

  promotionCalled(daemon: Daemon, term: number): void {
    this.tell(daemon.node, `promotion is called in term ${term}`);
    this.watchers.promotionCalled(this, daemon, term);
  }

  operatorAnswered(requestId: string, isAccepted: boolean, sentence: string): void {
    this.narrate(`the operator's ${requestId} is ${isAccepted ? 'accepted' : 'refused'}: ${sentence}`);
    this.watchers.operatorAnswered(this, requestId, isAccepted);
  }

  changed(server: PostgresServer): void {
    this.nodeOf(server.node)?.daemon.serverChanged();
  }

  becameWritable(server: PostgresServer, how: WayToWritable): void {
    this.tell(server.node, `PostgreSQL accepts writes (${how})`);
    this.watchers.becameWritable(this, server, how);
    // `standby promote` of an operator writes itself into the tables.
    if (how === 'promotion' && this.byHand.has(server.node)) this.metadata.writeByHand(server);
  }

  noLongerWritable(server: PostgresServer): void {
    this.tell(server.node, 'PostgreSQL accepts no writes any more');
    this.watchers.noLongerWritable(this, server);
  }

  acknowledged(server: PostgresServer, branch: Branch, lsn: number): void {
    this.watchers.acknowledged(this, server, branch, lsn);
  }

  walReceived(server: PostgresServer, upstream: PostgresServer): void {
    this.watchers.walReceived(this, server, upstream);
  }

  corrupted(server: PostgresServer, upstream: PostgresServer): void {
    this.tell(server.node, `appends WAL of node ${upstream.node} that does not continue its own`);
    this.watchers.corrupted(this, server, upstream);
  }
}

function rowOf({ id, isWitness, upstream }: NodeOptions): RegisteredNode {
  return { id: id as NodeId, name: `node${id}`, isWitness, upstream: upstream as NodeId | null };
}
