/**
 * The WAL of a winner, when it promotes, contains that of every voter whose vote it had; but for what an elected
 * promotion before gave up already: a voter that was left behind on another line votes as a witness does.
 */
import type { Message } from '../../../src/failover/messages.ts';
import type { Daemon } from '../daemon/daemon.ts';
import type { PostgresServer } from '../postgres/server.ts';
import { type Branch, branchAt, commonLsn, contains, endOfBranchIn, type WalPosition } from '../world/wal.ts';
import type { WayToWritable } from '../postgres/server-habits.ts';
import type { World } from '../world/world.ts';
import type { Checker } from './watcher.ts';

export class WinnerHasAll implements Checker {
  readonly name = 'winner has all';
  /** Where each voter's WAL ended when it granted a term. */
  readonly #granted = new Map<number, Map<number, WalPosition>>();
  readonly #promotedIn = new Map<number, number>();

  messageSent(world: World, from: number, _to: number, message: Message): void {
    if (message.kind !== 'voteAnswer' || message.outcome.kind !== 'granted') return;
    const { server, daemon } = world.nodeOf(from) ?? {};
    // What a rejoin was begun in is no whole copy.
    if (daemon?.state?.durable.isRejoining === true) return;
    if (server === undefined || server.phase === 'writable') return;
    const votes = this.#granted.get(message.term) ?? new Map<number, WalPosition>();
    votes.set(from, server.directory.flushed);
    this.#granted.set(message.term, votes);
  }

  readonly #byHand = new Set<Branch>();
  /** The newest timeline that an election made. */
  #line: { readonly term: number; readonly branch: Branch } | undefined;

  promotionCalled(_world: World, daemon: Daemon, term: number): void {
    this.#promotedIn.set(daemon.node, term);
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
    for (const [voter, position] of this.#granted.get(term) ?? []) {
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
