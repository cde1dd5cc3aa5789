/** No checker: counts what happened, for the figures at the end of a run. */
import type { Fault, FaultKind } from '../history/faults.ts';
import type { Event } from '../../../src/failover/events.ts';
import type { State } from '../../../src/failover/state.ts';
import type { StepResult } from '../../../src/failover/step.ts';
import type { Daemon } from '../daemon/daemon.ts';
import type { PostgresServer } from '../postgres/server.ts';
import type { WayToWritable } from '../postgres/server-habits.ts';
import type { Branch, WalPosition } from '../world/wal.ts';
import type { World } from '../world/world.ts';
import { Disturbance } from './disturbance.ts';
import { findComplaint } from './health.ts';
import { Ledger } from './ledger.ts';
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

export class Availability implements Checker {
  readonly name = 'availability';
  readonly figures: AvailabilityFigures = { outages: [], lost: [], counts: {} };
  readonly #ledger = new Ledger();
  /** What standbys acknowledged by a record that is in force. */
  readonly #synchronous = new Ledger();
  readonly #disturbance = new Disturbance();
  #outage: { readonly fault: Fault; readonly node: number; readonly atMs: number } | undefined;
  /** The last fault on each node, and whether all was well before. */
  readonly #met = new Map<number, string>();

  #count(name: string): void {
    this.figures.counts[name] = (this.figures.counts[name] ?? 0) + 1;
  }

  faultBegan(world: World, fault: Fault, node: number | undefined): void {
    this.#count(`fault ${fault.kind}`);
    const isWell =
      this.#disturbance.isOver &&
      world.nodeOf(node ?? 0)?.server?.phase === 'writable' &&
      findComplaint(world, () => false) === undefined;
    this.#disturbance.begin(world, fault, node);
    if (node !== undefined) this.#met.set(node, isWell ? `${fault.kind} alone` : fault.kind);
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

  acknowledged(world: World, { node }: PostgresServer, branch: Branch, lsn: number): void {
    this.#count('commits acknowledged');
    const { record = null, leading = null } = world.nodeOf(node)?.daemon.file ?? {};
    const isSynchronous = leading?.isPromoted === true && (record?.synchronous.required ?? 0) > 0;
    if (isSynchronous) this.#count('of them by synchronous standbys');
    (isSynchronous ? this.#synchronous : this.#ledger).add({ branch, lsn, atMs: world.schedule.now });
  }

  becameWritable(world: World, server: PostgresServer, how: WayToWritable): void {
    this.#count(`writable by ${how}`);
    // What hands make writable leads nothing.
    if (!world.byHand.has(server.node) && (how === 'promotion' || server.startedBy === 'repmgrd'))
      this.#noteLost(world, server.directory.end);
    if (this.#outage === undefined) return;
    this.figures.outages.push([this.#outage.fault.kind, world.schedule.now - this.#outage.atMs]);
    this.#outage = undefined;
  }

  #noteLost(world: World, end: WalPosition): void {
    for (const { branch } of this.#ledger.takeMissing(end)) {
      this.figures.lost.push([this.#cause(world, branch), 1]);
    }
    const synchronous = this.#synchronous.takeMissing(end).length;
    if (synchronous > 0) this.figures.lost.push(['with synchronous quorum', synchronous]);
  }

  #cause({ byHand }: World, { owner }: Branch): string {
    return byHand.has(owner) ? 'made writable by hand' : (this.#met.get(owner) ?? 'none on that node');
  }

  needless(_world: World, what: Needless): void {
    this.#count(`needless ${what}`);
  }

  guardFenced(): void {
    this.#count('fenced by the guard');
  }

  stepped(_world: World, _daemon: Daemon, _before: State, _event: Event, { explanations }: StepResult): void {
    for (const { decision } of explanations) this.#count(`decision ${decision}`);
  }
}
