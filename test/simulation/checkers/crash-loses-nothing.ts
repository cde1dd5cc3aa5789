/** Where nothing but PostgreSQL ever crashed, and every repmgrd was there, no acknowledged commit is missing later. */
import type { PostgresServer } from '../postgres/server.ts';
import type { Branch } from '../world/wal.ts';
import type { Fault } from '../history/faults.ts';
import type { WayToWritable } from '../postgres/server-habits.ts';
import type { World } from '../world/world.ts';
import { Ledger } from './ledger.ts';
import type { Checker } from './watcher.ts';

const harmless: ReadonlySet<Fault['kind']> = new Set([
  'killPostmaster',
  'crashBackend',
  'shutDown',
  'setWallClock',
  'blockReplay',
]);

export class CrashLosesNothing implements Checker {
  readonly name = 'a crash loses nothing';
  readonly #ledger = new Ledger();
  #isPromised = false;

  begun({ options }: World): void {
    // The tail must be allowed to be fetched, and a promotion that dies takes its node out of the cluster for a while.
    this.#isPromised =
      options.faults.every(({ kind }) => harmless.has(kind)) &&
      options.nodes.every(
        ({ settings }) => settings.walTailTimeoutMs > 0 && settings.failover === 'automatic',
      ) &&
      options.habits.promotionFailChance === 0 &&
      options.habits.startFailChance === 0;
  }

  acknowledged(world: World, _server: PostgresServer, branch: Branch, lsn: number): void {
    if (this.#isPromised) this.#ledger.add({ branch, lsn, atMs: world.schedule.now });
  }

  becameWritable(world: World, server: PostgresServer, how: WayToWritable): void {
    // What others start is nobody's failover.
    if (how === 'start' && server.startedBy !== 'repmgrd') return;
    if (!this.#isPromised) return;
    const missing = this.#ledger.takeMissing(server.directory.end);
    if (missing.length > 0) {
      world.watchers.violated(
        world,
        this,
        `node ${server.node} lacks ${missing.length} acknowledged commits`,
      );
    }
  }
}
