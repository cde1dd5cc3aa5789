/**
 * Words are kept: a standby that acknowledges WAL has not voted against that primary, a leader that says that its
 * PostgreSQL is down has it down, and who wins does so by votes that all are in force.
 */
import type { Message } from '../../../src/failover/messages.ts';
import type { Durable } from '../../../src/failover/durable.ts';
import type { Event } from '../../../src/failover/events.ts';
import type { State } from '../../../src/failover/state.ts';
import type { StepResult } from '../../../src/failover/step.ts';
import type { Daemon } from '../daemon/daemon.ts';
import type { PostgresServer } from '../postgres/server.ts';
import type { World } from '../world/world.ts';
import { isQuorumNow } from './electorate.ts';
import type { Checker } from './watcher.ts';

export class KeptWords implements Checker {
  readonly name = 'kept words';
  /** The newest term that each node granted in an election, and to whom. */
  readonly #votes = new Map<number, { readonly term: number; readonly candidate: number }>();

  readonly #purposes = new Map<string, string>();
  readonly #walAt = new Map<number, number>();
  readonly #yielded = new Map<number, number>();
  /** When an operator forced a node last, which overrides what it gave its word for. */
  readonly #forcedAt = new Map<number, number>();

  messageSent(world: World, from: number, to: number, message: Message): void {
    if (message.kind === 'voteRequest') this.#purposes.set(`${from} ${message.term}`, message.purpose);
    const leads = world.nodeOf(from)?.daemon.state?.durable.leading?.term ?? 0;
    const isWritable = world.nodeOf(from)?.server?.isWritable === true && !world.byHand.has(from);
    if (
      message.kind === 'yield' &&
      this.#isNews(from, message.upToTerm) &&
      isWritable &&
      leads <= message.upToTerm
    ) {
      world.watchers.violated(world, this, `node ${from} yields term ${message.term} and accepts writes`);
    }
    if (message.kind !== 'voteAnswer' || message.outcome.kind === 'refused') return;
    if (world.nodeOf(from)?.daemon.state?.durable.frozen !== null) {
      this.#votes.set(from, { term: message.term, candidate: to });
    }
  }

  /** All the leader's WAL is older than a lease when a vote is given, unless the leader gave its word. */
  stepped(
    world: World,
    daemon: Daemon,
    before: State,
    _event: Event,
    { state, explanations }: StepResult,
  ): void {
    this.#noteOwnVote(daemon, state, explanations);
    if (state.role.kind === 'candidate' && state.role.isForced) {
      this.#forcedAt.set(daemon.node, world.schedule.now);
    }
    const win = explanations.find(({ decision }) => decision === 'win');
    if (win !== undefined) this.#judgeVotes(world, daemon, state, Number(win.evidence['term']));
    if (!explanations.some(({ decision }) => decision === 'grantVote')) return;
    const { vote } = state.durable;
    const { leader } = before.durable;
    const { heardYields, yielded } = state.durable;
    const walAt = this.#walAt.get(daemon.node);
    if (vote === null || leader === null || walAt === undefined) return;
    if (this.#purposes.get(`${vote.candidate} ${vote.term}`) !== 'election') return;
    const hasYielded =
      heardYields.some((it) => it.node === leader.node && it.upToTerm >= leader.term) ||
      (leader.node === daemon.node && yielded !== null);
    const leaseMs = world.nodeOf(leader.node)?.daemon.settings.leaseMs ?? 0;
    const ms = world.schedule.now - walAt;
    // By the slowest of clocks.
    if (hasYielded || ms >= leaseMs * 0.98) return;
    const text = `node ${daemon.node} votes in term ${vote.term}, ${Math.round(ms)} ms after WAL came`;
    world.watchers.violated(world, this, text);
  }

  /** A winner leads by votes that are in force, all at once, but for those that an operator forced away meanwhile. */
  #judgeVotes(world: World, { node }: Daemon, { durable }: State, term: number): void {
    if (durable.record === null || durable.record.voters.length <= 2) return;
    // By failover_quorum=none no quorum is needed.
    if (world.nodeOf(node)?.daemon.settings.failoverQuorum === 'none') return;
    const isInForce = (voter: number) => {
      const daemon = world.nodeOf(voter)?.daemon;
      const lease = daemon?.state?.lease;
      if (daemon === undefined || voter === node) return voter === node;
      const forcedAt = this.#forcedAt.get(voter) ?? Number.NEGATIVE_INFINITY;
      if (world.schedule.now < forcedAt + daemon.settings.leaseMs) return true;
      if (lease === undefined) return daemon.file?.vote?.term === term && daemon.file.vote.candidate === node;
      return lease.kind === 'granted' && lease.holder === node && lease.endsAt > daemon.now().monotonicMs;
    };
    if (isQuorumNow(world, isInForce, durable.record)) return;
    world.watchers.violated(
      world,
      this,
      `node ${node} leads term ${term} by votes that bind nobody any more`,
    );
  }

  /** Who lost its state file has given no word that it could keep, and is no voter before it has joined anew. */
  persisted(_world: World, { node }: Daemon, before: Durable | undefined): void {
    if (before === undefined) this.#votes.delete(node);
  }

  /** A candidate has voted too. */
  #noteOwnVote({ node }: Daemon, { role, durable }: State, explanations: StepResult['explanations']): void {
    const stands = explanations.some(({ decision }) => decision === 'standForElection');
    if (!stands || role.kind !== 'candidate' || role.purpose !== 'election' || durable.frozen === null)
      return;
    this.#votes.set(node, { term: role.term, candidate: node });
  }

  /** A yield is repeated until everybody has heard it, and what came after it is another matter. */
  #isNews(node: number, upToTerm: number): boolean {
    const known = this.#yielded.get(node) ?? 0;
    this.#yielded.set(node, Math.max(known, upToTerm));
    return upToTerm > known;
  }

  walReceived(world: World, { node }: PostgresServer, upstream: PostgresServer): void {
    // What a standby passes on keeps no leader in contact: only what comes from a writable server does.
    if (upstream.phase === 'writable') this.#walAt.set(node, world.schedule.now);
    const vote = this.#votes.get(node);
    if (vote === undefined || vote.candidate === upstream.node || upstream.phase !== 'writable') return;
    const daemon = world.nodeOf(node)?.daemon;
    const hasForgotten = daemon?.state === undefined && daemon?.file === undefined;
    const durable = daemon?.state?.durable ?? daemon?.file;
    const followed = durable?.leader?.term ?? 0;
    // Its own vote was on its way to the disk when the power failed: nobody has heard of it.
    const wasNeverStored = vote.candidate === node && (durable?.term ?? 0) < vote.term;
    if (hasForgotten || wasNeverStored || followed >= vote.term) {
      this.#votes.delete(node);
      return;
    }
    world.watchers.violated(
      world,
      this,
      `node ${node} takes WAL from node ${upstream.node} though it voted for node ${vote.candidate} in term ${vote.term}`,
    );
  }
}
