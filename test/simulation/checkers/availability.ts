/** No checker: counts what happened, for the figures at the end of a run. */
import type { Fault, FaultKind } from '../history/faults.ts';
import type { Durable } from '../../../src/failover/durable.ts';
import type { Event } from '../../../src/failover/events.ts';
import type { State } from '../../../src/failover/state.ts';
import type { StepResult } from '../../../src/failover/step.ts';
import type { Daemon } from '../daemon/daemon.ts';
import type { PostgresServer } from '../postgres/server.ts';
import type { WayToWritable } from '../postgres/server-habits.ts';
import type { Branch, WalPosition } from '../world/wal.ts';
import type { World } from '../world/world.ts';
import { Disturbance, touchedNodes } from './disturbance.ts';
import { findComplaint } from './health.ts';
import { Ledger } from './ledger.ts';
import { SynchronousPromise } from './synchronous-promise.ts';
import type { Checker, Needless } from './watcher.ts';

export interface AvailabilityFigures {
  /** From a fault on the primary to the next server that accepts writes, by kind of fault; milliseconds. */
  readonly outages: [FaultKind, number][];
  /** Acknowledged commits that a later primary lacked, by what their own primary met last. */
  readonly lost: [string, number][];
  /** What was decided how often, and what happened how often. */
  readonly counts: Record<string, number>;
}

/** Faults that take a primary away, whatever happens next. */
const endsPrimary: ReadonlySet<FaultKind> = new Set([
  'killPostmaster',
  'crashBackend',
  'losePower',
  'isolate',
  'suspendHost',
  'stopPostgres',
  'hangDisk',
  'failDisk',
  'shutDown',
]);

/** Rows that are there, with 0, wherever it was promised that there is nothing to count. */
const promised = 'with synchronous quorum';
const losesNothingAlone: ReadonlySet<FaultKind> = new Set(['killPostmaster', 'crashBackend']);

export class Availability implements Checker {
  readonly name = 'availability';
  readonly figures: AvailabilityFigures = { outages: [], lost: [], counts: {} };
  readonly #ledger = new Ledger();
  /** What a synchronous quorum promises; what it promises no more is in the other one. */
  readonly #synchronous = new Ledger();
  readonly #promise = new SynchronousPromise(() => {
    for (const commit of this.#synchronous.takeAll()) this.#ledger.add(commit);
  });
  readonly #disturbance = new Disturbance();
  #outage: { readonly fault: Fault; readonly node: number; readonly atMs: number } | undefined;
  /** The last fault on each node, and whether all was well before, and nothing else happened until all was well again. */
  readonly #met = new Map<number, { readonly kind: FaultKind; readonly isAlone: boolean }>();

  #count(name: string): void {
    this.figures.counts[name] = (this.figures.counts[name] ?? 0) + 1;
  }

  faultBegan(world: World, fault: Fault, node: number | undefined): void {
    this.#count(`fault ${fault.kind}`);
    const isAllWell = this.#disturbance.isOver && findComplaint(world, () => false) === undefined;
    const meetsWell = (it: number) => isAllWell && world.nodeOf(it)?.server?.phase === 'writable';
    const isWell = meetsWell(node ?? 0);
    this.#disturbance.begin(world, fault, node);
    // It came before the cluster had got over the last one, or the last one has nothing to do with what follows.
    if (isAllWell) this.#met.clear();
    else this.#met.forEach(({ kind }, other) => this.#met.set(other, { kind, isAlone: false }));
    for (const touched of touchedNodes(world, fault, node))
      this.#met.set(touched, { kind: fault.kind, isAlone: meetsWell(touched) });
    if (isWell && losesNothingAlone.has(fault.kind)) this.figures.lost.push([`${fault.kind} alone`, 0]);
    if (isWell && node !== undefined && endsPrimary.has(fault.kind) && world.nodes.length > 2) {
      this.#outage = { fault, node, atMs: world.schedule.now };
    } else this.#outage = undefined;
  }

  faultEnded(world: World, fault: Fault): void {
    this.#disturbance.end(world, fault);
    // It was over before anybody had to take over.
    if (fault === this.#outage?.fault && world.nodeOf(this.#outage.node)?.server?.phase === 'writable') {
      this.#outage = undefined;
    }
  }

  begun(world: World): void {
    this.#promise.begun(world);
    if (world.options.nodes.some(({ settings }) => settings.synchronousQuorum > 0))
      this.figures.lost.push([promised, 0]);
  }

  persisted(world: World, daemon: Daemon, before: Durable | undefined, after: Durable): void {
    this.#promise.persisted(world, daemon, before, after);
  }

  promotionCalled(_world: World, daemon: Daemon, term: number): void {
    this.#promise.promotionCalled(daemon, term);
  }

  noLongerWritable(_world: World, server: PostgresServer): void {
    this.#promise.noLongerWritable(server);
  }

  acknowledged(world: World, server: PostgresServer, branch: Branch, lsn: number): void {
    this.#count('commits acknowledged');
    const isPromised = this.#promise.covers(world, server);
    if (isPromised) this.#count('of them by synchronous standbys');
    (isPromised ? this.#synchronous : this.#ledger).add({ branch, lsn, atMs: world.schedule.now });
  }

  becameWritable(world: World, server: PostgresServer, how: WayToWritable): void {
    this.#count(`writable by ${how}`);
    // What hands make writable leads nothing.
    if (!world.byHand.has(server.node) && (how === 'promotion' || server.startedBy === 'repmgrd'))
      this.#noteLost(world, server.directory.end);
    if (this.#promise.binds(world, server, how)) {
      const missing = this.#synchronous.takeMissing(server.directory.end);
      if (missing.length > 0) this.figures.lost.push([promised, missing.length]);
    }
    if (this.#outage === undefined) return;
    this.figures.outages.push([this.#outage.fault.kind, world.schedule.now - this.#outage.atMs]);
    this.#outage = undefined;
  }

  #noteLost(world: World, end: WalPosition): void {
    for (const { branch } of this.#ledger.takeMissing(end)) {
      this.figures.lost.push([this.#cause(world, branch), 1]);
    }
  }

  #cause({ byHand }: World, { owner }: Branch): string {
    if (byHand.has(owner)) return 'made writable by hand';
    const met = this.#met.get(owner);
    return met === undefined ? 'none on that node' : `${met.kind}${met.isAlone ? ' alone' : ''}`;
  }

  needless(_world: World, what: Needless): void {
    this.#count(`needless ${what}`);
  }

  guardFenced(): void {
    this.#count('fenced by the guard');
  }

  stepped(_world: World, _daemon: Daemon, before: State, _event: Event, result: StepResult): void {
    this.#promise.stepped(before, result);
    for (const { decision } of result.explanations) this.#count(`decision ${decision}`);
  }
}
