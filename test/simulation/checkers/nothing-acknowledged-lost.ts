/**
 * With a synchronous quorum in force every acknowledged commit is on every later primary, by whatever faults, through
 * changes of the members and of K. Where a leader takes K back to 0 the promise ends for what was before.
 */
import type { Durable } from '../../../src/failover/durable.ts';
import type { Event } from '../../../src/failover/events.ts';
import type { State } from '../../../src/failover/state.ts';
import type { StepResult } from '../../../src/failover/step.ts';
import type { VoterRecord } from '../../../src/failover/voter-record.ts';
import type { Daemon } from '../daemon/daemon.ts';
import type { PostgresServer } from '../postgres/server.ts';
import type { WayToWritable } from '../postgres/server-habits.ts';
import { type Branch, contains } from '../world/wal.ts';
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
  /** Of the newest term whose winner was promoted. */
  #line: { readonly term: number; readonly branch: Branch; readonly lsn: number } | undefined;

  /** A record with a K above 0 has come in force, and none without since. */
  #isPromised = false;

  /** Not where nobody's word is needed to lead. */
  #isJudged = false;

  begun({ options }: World): void {
    this.#isJudged = options.nodes.every(({ settings }) => settings.failoverQuorum === 'majority');
  }

  acknowledged(world: World, server: PostgresServer, branch: Branch, lsn: number): void {
    const { record = null, leading = null } = world.nodeOf(server.node)?.daemon.file ?? {};
    const isLeaders = leading !== null && leading.isPromoted && (record?.synchronous.required ?? 0) > 0;
    if (
      !this.#isJudged ||
      !this.#isPromised ||
      !isLeaders ||
      server.hasOrphans ||
      world.byHand.has(server.node)
    )
      return;
    this.#ledger.add({ branch, lsn, atMs: world.schedule.now });
    const line = this.#line;
    if (line === undefined || line.term <= leading.term || contains(line, { branch, lsn })) return;
    const text = `node ${server.node} acknowledges ${branch.timeline}/${lsn} though term ${line.term} went on without it`;
    world.watchers.violated(world, this, text);
  }

  /** An operator who forces an election takes it on himself what the others have acknowledged, and will yet. */
  stepped(
    _world: World,
    _daemon: Daemon,
    { role }: State,
    _event: Event,
    { explanations }: StepResult,
  ): void {
    const isForced = role.kind === 'candidate' && role.isForced;
    if (isForced && explanations.some(({ decision }) => decision === 'win')) this.#isJudged = false;
  }

  persisted(world: World, daemon: Daemon, before: Durable | undefined, after: Durable): void {
    const { record, leading } = after;
    if (record === null || record === before?.record) return;
    if (record.synchronous.required > 0) this.#isPromised ||= isInForce(world, record);
    else if (this.#isPromised) this.#noteEnd(world, daemon, before, record, leading);
  }

  /** By a leader's own change; or a hand made a server writable, of which nothing is promised. */
  #noteEnd(
    world: World,
    { node }: Daemon,
    before: Durable | undefined,
    record: VoterRecord,
    leading: Durable['leading'],
  ): void {
    const isOwn = leading !== null && before?.leading?.term === leading.term;
    const wasSynchronous = (before?.record?.synchronous.required ?? 0) > 0;
    if (world.byHand.has(node) || (isOwn && wasSynchronous)) this.#ends.push(record);
    if (!this.#ends.some((end) => isInForce(world, end))) return;
    this.#end();
  }

  #end(): void {
    this.#ends = [];
    this.#ledger = new Ledger();
    this.#isPromised = false;
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
    if (!isElected || !this.#isJudged || world.byHand.has(server.node)) return;
    if (term !== undefined && how === 'promotion' && term > (this.#line?.term ?? 0)) {
      const { branch } = server.directory;
      this.#line = { term, branch, lsn: Number.POSITIVE_INFINITY };
    }
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
