/**
 * With a synchronous quorum in force every acknowledged commit is on every later primary, by whatever faults, through
 * changes of the members and of K. Where a leader takes K back to 0 the promise ends for what was before.
 */
import type { Durable } from '../../../src/failover/durable.ts';
import type { Event } from '../../../src/failover/events.ts';
import type { State } from '../../../src/failover/state.ts';
import type { StepResult } from '../../../src/failover/step.ts';
import type { Daemon } from '../daemon/daemon.ts';
import type { PostgresServer } from '../postgres/server.ts';
import type { WayToWritable } from '../postgres/server-habits.ts';
import { type Branch, contains } from '../world/wal.ts';
import type { World } from '../world/world.ts';
import { Ledger } from './ledger.ts';
import { SynchronousPromise } from './synchronous-promise.ts';
import type { Checker } from './watcher.ts';

export class NothingAcknowledgedLost implements Checker {
  readonly name = 'nothing acknowledged is lost';
  #ledger = new Ledger();
  readonly #promise = new SynchronousPromise(() => {
    this.#ledger = new Ledger();
  });
  /** Of the newest term whose winner was promoted. */
  #line: { readonly term: number; readonly branch: Branch; readonly lsn: number } | undefined;

  begun(world: World): void {
    this.#promise.begun(world);
  }

  acknowledged(world: World, server: PostgresServer, branch: Branch, lsn: number): void {
    if (!this.#promise.covers(world, server)) return;
    this.#ledger.add({ branch, lsn, atMs: world.schedule.now });
    const line = this.#line;
    const leads = world.nodeOf(server.node)?.daemon.file?.leading?.term ?? 0;
    if (line === undefined || line.term <= leads || contains(line, { branch, lsn })) return;
    const text = `node ${server.node} acknowledges ${branch.timeline}/${lsn} though term ${line.term} went on without it`;
    world.watchers.violated(world, this, text);
  }

  stepped(_world: World, _daemon: Daemon, before: State, _event: Event, result: StepResult): void {
    this.#promise.stepped(before, result);
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

  becameWritable(world: World, server: PostgresServer, how: WayToWritable): void {
    if (!this.#promise.binds(world, server, how)) return;
    const term = this.#promise.promotedIn(server, how);
    if (term !== undefined && term > (this.#line?.term ?? 0)) {
      const { branch } = server.directory;
      this.#line = { term, branch, lsn: Number.POSITIVE_INFINITY };
    }
    // A promotion that was on its way while its host slept ends a moment before its server does: no later primary.
    const leads = world.nodeOf(server.node)?.daemon.file?.leading?.term ?? 0;
    if (leads < (this.#line?.term ?? 0)) return;
    const [missing] = this.#ledger.takeMissing(server.directory.end);
    if (missing === undefined) return;
    const { branch, lsn, atMs } = missing;
    world.watchers.violated(
      world,
      this,
      `node ${server.node} goes on from ${server.directory.writtenLsn} without ` +
        `${branch.timeline}/${lsn}, which node ${branch.owner} acknowledged at ${Math.round(atMs)} ms`,
    );
  }
}
