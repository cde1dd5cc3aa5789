/** When a synchronous quorum promises anything, and of which servers: for what is judged by it, and what is counted. */
import type { Durable } from '../../../src/failover/durable.ts';
import type { State } from '../../../src/failover/state.ts';
import type { StepResult } from '../../../src/failover/step.ts';
import type { VoterRecord } from '../../../src/failover/voter-record.ts';
import type { Daemon } from '../daemon/daemon.ts';
import type { PostgresServer } from '../postgres/server.ts';
import type { WayToWritable } from '../postgres/server-habits.ts';
import type { World } from '../world/world.ts';
import { isQuorumNow } from './electorate.ts';

export class SynchronousPromise {
  /** What was promised until now is not any more. */
  readonly #onEnd: () => void;
  /** Records by which leaders gave the promise up, until voters have stored them. */
  #ends: VoterRecord[] = [];
  readonly #promotedIn = new Map<number, number>();

  /** A record with a K above 0 has come in force, and none without since. */
  #isGiven = false;

  /** Not where nobody's word is needed to lead, nor once an operator forced a term. */
  #isPossible = false;

  constructor(onEnd: () => void) {
    this.#onEnd = onEnd;
  }

  begun({ options }: World): void {
    this.#isPossible = options.nodes.every(({ settings }) => settings.failoverQuorum === 'majority');
  }

  /** Whether what this server acknowledges now is promised to be on every later primary. */
  covers(world: World, server: PostgresServer): boolean {
    const { record = null, leading = null } = world.nodeOf(server.node)?.daemon.file ?? {};
    // Who slept through its successor's win may have heard of that one's record a moment before it is ended.
    const isOwnRecord = leading !== null && (record?.version.term ?? 0) <= leading.term;
    const isLeaders = isOwnRecord && leading.isPromoted && (record?.synchronous.required ?? 0) > 0;
    return (
      this.#isPossible && this.#isGiven && isLeaders && !server.hasOrphans && !world.byHand.has(server.node)
    );
  }

  /** An operator who forces an election takes it on himself what the others have acknowledged, and will yet. */
  stepped({ role }: State, { explanations }: StepResult): void {
    const isForced = role.kind === 'candidate' && role.isForced;
    if (!isForced || !explanations.some(({ decision }) => decision === 'win')) return;
    this.#isPossible = false;
    this.#onEnd();
  }

  persisted(world: World, daemon: Daemon, before: Durable | undefined, after: Durable): void {
    const { record, leading } = after;
    if (record === null || record === before?.record) return;
    if (record.synchronous.required > 0) this.#isGiven ||= isInForce(world, record);
    else if (this.#isGiven) this.#noteEnd(world, daemon, before, record, leading);
  }

  promotionCalled({ node }: Daemon, term: number): void {
    this.#promotedIn.set(node, term);
  }

  noLongerWritable({ node }: PostgresServer): void {
    this.#promotedIn.delete(node);
  }

  /** The term that a promotion was called in, if the server became writable by that. */
  promotedIn({ node }: PostgresServer, how: WayToWritable): number | undefined {
    return how === 'promotion' ? this.#promotedIn.get(node) : undefined;
  }

  /** What others make writable leads nothing, and is fenced or has to win a term. */
  binds(world: World, server: PostgresServer, how: WayToWritable): boolean {
    const term = this.promotedIn(server, how);
    const leads = world.nodeOf(server.node)?.daemon.file?.leading?.term;
    const isElected =
      how === 'promotion' ? term !== undefined && leads === term : server.startedBy === 'repmgrd';
    return isElected && this.#isPossible && !world.byHand.has(server.node);
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
    this.#ends = [];
    this.#isGiven = false;
    this.#onEnd();
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
