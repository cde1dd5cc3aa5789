/**
 * With a synchronous quorum in force every acknowledged commit is on every later primary, by whatever faults, through
 * changes of the members and of K. Where a leader takes K back to 0 the promise ends for what was before.
 */
import type { Durable } from '../../../src/failover/durable.ts';
import type { VoterRecord } from '../../../src/failover/voter-record.ts';
import type { Daemon } from '../daemon/daemon.ts';
import type { PostgresServer } from '../postgres/server.ts';
import type { WayToWritable } from '../postgres/server-habits.ts';
import type { Branch } from '../world/wal.ts';
import type { World } from '../world/world.ts';
import { isQuorumNow } from './electorate.ts';
import { Ledger } from './ledger.ts';
import type { Checker } from './watcher.ts';

export class NothingAcknowledgedLost implements Checker {
  readonly name = 'nothing acknowledged is lost';
  #ledger = new Ledger();
  /** Records by which leaders gave the promise up, until voters have stored them. */
  #ends: VoterRecord[] = [];
  readonly #promotedIn = new Map<number, number>();

  acknowledged(world: World, server: PostgresServer, branch: Branch, lsn: number): void {
    const { record = null, leading = null } = world.nodeOf(server.node)?.daemon.file ?? {};
    if (record === null || leading === null || record.synchronous.required === 0) return;
    if (server.hasOrphans || !leading.isPromoted || !isInForce(world, record)) return;
    this.#ledger.add({ branch, lsn, atMs: world.schedule.now });
  }

  persisted(world: World, _daemon: Daemon, before: Durable | undefined, after: Durable): void {
    const old = before?.record ?? null;
    const { record, leading } = after;
    const isOwn = leading !== null && before?.leading?.term === leading.term;
    if (record !== null && record !== old && isOwn && record.synchronous.required === 0) {
      if ((old?.synchronous.required ?? 0) > 0) this.#ends.push(record);
    }
    if (!this.#ends.some((end) => isInForce(world, end))) return;
    this.#ends = [];
    this.#ledger = new Ledger();
  }

  promotionCalled(_world: World, daemon: Daemon, term: number): void {
    this.#promotedIn.set(daemon.node, term);
  }

  noLongerWritable(_world: World, { node }: PostgresServer): void {
    this.#promotedIn.delete(node);
  }

  becameWritable(world: World, server: PostgresServer, how: WayToWritable): void {
    const term = this.#promotedIn.get(server.node);
    const leads = world.nodeOf(server.node)?.daemon.file?.leading?.term;
    // What others make writable leads nothing, and is fenced or has to win a term.
    const isElected =
      how === 'promotion' ? term !== undefined && leads === term : server.startedBy === 'repmgrd';
    if (!isElected || world.byHand.has(server.node)) return;
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

/** A quorum has stored it, or a newer one. */
function isInForce(world: World, record: VoterRecord): boolean {
  const hasStored = (node: number) => {
    const version = world.nodeOf(node)?.daemon.file?.record?.version;
    const { term, number } = record.version;
    return version !== undefined && (version.term - term || version.number - number) >= 0;
  };
  return isQuorumNow(world, hasStored, record);
}
