/**
 * The WAL of a winner, when it promotes, contains that of every voter whose vote it had; but for what an elected
 * promotion before gave up already: a voter that was left behind on another line votes as a witness does.
 */
import { candidacyOf } from '../../../src/failover/candidacy.ts';
import type { Event } from '../../../src/failover/events.ts';
import type { Message } from '../../../src/failover/messages.ts';
import type { State } from '../../../src/failover/state.ts';
import type { StepResult } from '../../../src/failover/step.ts';
import type { Daemon } from '../daemon/daemon.ts';
import type { PostgresServer } from '../postgres/server.ts';
import { type Branch, branchAt, commonLsn, contains, endOfBranchIn, type WalPosition } from '../world/wal.ts';
import type { WayToWritable } from '../postgres/server-habits.ts';
import type { World } from '../world/world.ts';
import type { Checker } from './watcher.ts';

export class WinnerHasAll implements Checker {
  readonly name = 'winner has all';
  /** Where each voter's WAL ended when it granted a candidate its term. */
  readonly #granted = new Map<string, Map<number, WalPosition>>();
  readonly #promotedIn = new Map<number, number>();

  messageSent(world: World, from: number, to: number, message: Message): void {
    if (message.kind !== 'voteAnswer' || message.outcome.kind !== 'granted') return;
    const { server, daemon } = world.nodeOf(from) ?? {};
    // What a rejoin was begun in is no whole copy.
    if (daemon?.state?.durable.isRejoining === true) return;
    if (server === undefined || server.phase === 'writable') return;
    // Nobody may fetch it, and it does not stand itself.
    const { state } = daemon ?? {};
    if (state?.settings.walTailTimeoutMs === 0 && candidacyOf(state).kind === 'none') return;
    const votes = this.#granted.get(`${to} ${message.term}`) ?? new Map<number, WalPosition>();
    votes.set(from, server.directory.flushed);
    this.#granted.set(`${to} ${message.term}`, votes);
  }

  readonly #byHand = new Set<Branch>();
  /** The newest timeline that an election made or adopted. */
  #line: { readonly term: number; readonly branch: Branch } | undefined;

  promotionCalled(_world: World, daemon: Daemon, term: number): void {
    this.#promotedIn.set(daemon.node, term);
  }

  /** A branch that a hand made and a term adopts is the line from then on. */
  stepped(
    world: World,
    { node }: Daemon,
    { role }: State,
    _event: Event,
    { explanations }: StepResult,
  ): void {
    const isWritable = role.kind === 'candidate' && role.purpose === 'writable';
    const branch = world.nodeOf(node)?.server?.directory.branch;
    if (!isWritable || branch === undefined || !explanations.some(({ decision }) => decision === 'win'))
      return;
    if (this.#line === undefined || this.#line.term < role.term) this.#line = { term: role.term, branch };
  }

  becameWritable(world: World, server: PostgresServer, how: WayToWritable): void {
    if (world.byHand.has(server.node)) this.#byHand.add(server.directory.branch);
    const term = this.#promotedIn.get(server.node);
    if (how !== 'promotion' || term === undefined) return;
    // By failover_quorum=none two lines may have gone on, and one of them is given up.
    if (world.nodeOf(server.node)?.daemon.settings.failoverQuorum === 'none') return;
    this.#promotedIn.delete(server.node);
    const line = this.#line;
    if (line === undefined || line.term < term) this.#line = { term, branch: server.directory.branch };
    for (const [voter, position] of this.#granted.get(`${server.node} ${term}`) ?? []) {
      if (this.#hasStrayed(position)) continue;
      if (contains(server.directory.end, onTheLine(this.#withoutHand(position), line?.branch))) continue;
      const own = `${server.directory.branch.timeline}/${server.directory.branch.forkedAt}`;
      world.watchers.violated(
        world,
        this,
        `node ${server.node} is promoted at ${own} in term ${term} without WAL up to ` +
          `${position.branch.timeline}/${position.lsn} of its voter ${voter}`,
      );
    }
  }

  /** Nobody has to have what a server wrote that a hand made writable. */
  #withoutHand(position: WalPosition): WalPosition {
    const { branch } = position;
    const isByHand = this.#byHand.has(branch) && branch.parent !== undefined;
    if (!isByHand) return position;
    return this.#withoutHand({ branch: branch.parent, lsn: Math.min(position.lsn, branch.forkedAt) });
  }

  /** Where a hand went on with the primary's own timeline nobody can tell any more what of it is the primary's. */
  #hasStrayed({ branch }: WalPosition): boolean {
    return this.#byHand.has(branch) && branch.parent?.timeline === branch.timeline;
  }

  noLongerWritable(_world: World, server: PostgresServer): void {
    this.#promotedIn.delete(server.node);
  }
}

/** What of this WAL was not given up by whoever made the line. */
function onTheLine(position: WalPosition, line: Branch | undefined): WalPosition {
  if (line === undefined || endOfBranchIn(position, line) !== undefined) return position;
  const lsn = commonLsn(position, { branch: line, lsn: Number.POSITIVE_INFINITY });
  return { branch: branchAt(position, lsn), lsn };
}
