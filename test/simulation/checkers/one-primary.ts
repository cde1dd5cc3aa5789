/**
 * At most one writable primary whose lease is in force. The truth is judged, not what daemons believe: two servers
 * that accept writes at the same moment are a violation unless one of them is beyond what a lease can promise.
 */
import type { Durable } from '../../../src/failover/durable.ts';
import type { Event } from '../../../src/failover/events.ts';
import type { State } from '../../../src/failover/state.ts';
import type { StepResult } from '../../../src/failover/step.ts';
import type { PostgresServer } from '../postgres/server.ts';
import type { Daemon } from '../daemon/daemon.ts';
import type { WayToWritable } from '../postgres/server-habits.ts';
import type { Fault } from '../history/faults.ts';
import type { World } from '../world/world.ts';
import type { Checker } from './watcher.ts';

/** From a wake-up to the end of PostgreSQL: late ticks, SIGQUIT, SIGKILL. */
const reactionMs = 1_000;
/** How long a leader waits for answers after its wall clock jumped. */
const judgementMs = 1_000;
const lookEveryMs = 20;

const cutsApart: ReadonlySet<Fault['kind']> = new Set([
  'isolate',
  'cutOneWay',
  'cutBothWays',
  'split',
  'deafen',
]);

export class OnePrimary implements Checker {
  readonly name = 'one primary';
  readonly #writable = new Set<PostgresServer>();
  /** Those that somebody else started without a word to repmgrd, or that itself has forgotten. */
  readonly #startedUnasked = new Map<PostgresServer, number>();
  /** When each repmgrd wrote a state file in place of one that was lost. */
  readonly #lostAt = new Map<number, number>();
  /** Since when each server's repmgrd has been watching it. */
  readonly #watchedSince = new Map<number, number>();
  /** When it knew first in this life whether the server is writable. */
  readonly #seenSince = new Map<number, number>();
  /** When it last knew of no term at all. */
  readonly #unarmedAt = new Map<number, number>();
  /** What an operator's word won without a quorum: when, and its term with those that were won by its record. */
  readonly #forced: { readonly atMs: number; readonly terms: Set<number> }[] = [];
  /** When nodes were cut from each other last. */
  #apartAt = Number.NEGATIVE_INFINITY;
  #isLooking = false;

  stepped(
    world: World,
    daemon: Daemon,
    before: State,
    _event: Event,
    { state, explanations }: StepResult,
  ): void {
    const { role, durable } = before;
    if (durable.leading === null && durable.leader === null && durable.yielded === null) {
      this.#unarmedAt.set(daemon.node, world.schedule.now);
    }
    const isSeen = (state.server?.isInRecovery ?? null) !== null;
    if (isSeen && !this.#seenSince.has(daemon.node)) this.#seenSince.set(daemon.node, world.schedule.now);
    if (role.kind === 'leader' && state.role.kind === 'leader') {
      this.#noteHeir(role.term, state.role.term);
    } else if (role.kind === 'candidate' && explanations.some(({ decision }) => decision === 'win')) {
      this.#noteHeir(role.record.version.term, role.term);
      if (role.isForced) this.#forced.push({ atMs: world.schedule.now, terms: new Set([role.term]) });
    }
  }

  #noteHeir(from: number, to: number): void {
    if (from === to) return;
    for (const { terms } of this.#forced) if (terms.has(from)) terms.add(to);
  }

  becameWritable(world: World, server: PostgresServer, how: WayToWritable): void {
    this.#writable.add(server);
    const isForgotten = server.allowedAt < (this.#lostAt.get(server.node) ?? 0);
    if (isForgotten || (how === 'start' && server.startedBy !== 'repmgrd'))
      this.#startedUnasked.set(server, world.schedule.now);
    else this.#startedUnasked.delete(server);
    this.#look(world);
  }

  noLongerWritable(world: World, server: PostgresServer): void {
    if (server.isWritable) return;
    this.#writable.delete(server);
    // What a hand promoted comes back writable after a crash as well.
    if (server.directory.standbySignal) world.byHand.delete(server.node);
  }

  faultEnded({ schedule }: World, { kind }: Fault): void {
    if (cutsApart.has(kind)) this.#apartAt = schedule.now;
  }

  quiet({ schedule }: World): void {
    this.#apartAt = schedule.now;
  }

  promotionCalled(world: World, { node }: Daemon): void {
    world.byHand.delete(node);
  }

  persisted(world: World, daemon: Daemon, before: Durable | undefined): void {
    if (before === undefined) this.#lostAt.set(daemon.node, world.schedule.now);
    if (!this.#watchedSince.has(daemon.node)) this.#watchedSince.set(daemon.node, world.schedule.now);
  }

  daemonStopped(_world: World, daemon: Daemon): void {
    this.#watchedSince.delete(daemon.node);
    this.#seenSince.delete(daemon.node);
  }

  #look(world: World): void {
    if (this.#writable.size < 2) return;
    if (this.#areCut(world)) this.#apartAt = world.schedule.now;
    const bad = [...this.#writable].filter((server) => server.isWritable && !this.#isExcused(world, server));
    if (bad.length > 1 && !this.#areForcedApart(world, bad)) {
      const nodes = bad.map(({ node }) => node);
      world.watchers.violated(world, this, `nodes ${nodes.join(' and ')} accept writes at the same time`);
      return;
    }
    if (this.#isLooking) return;
    this.#isLooking = true;
    world.schedule.after(lookEveryMs, undefined, () => {
      this.#isLooking = false;
      this.#look(world);
    });
  }

  /** By the network, or since the repmgrd of one does not run. */
  #areCut(world: World): boolean {
    const nodes = [...this.#writable].map(({ node }) => node);
    return nodes.some((node) => {
      const daemon = world.nodeOf(node)?.daemon;
      const isDeaf = world.deaf.has(node) || daemon?.isRunning === false || daemon?.process.isFrozen === true;
      return isDeaf || nodes.some((other) => !world.network.isOpenBothWays(node, other));
    });
  }

  /**
   * An operator forced an election, who took it on himself that the others are gone: until who leads its term, or one
   * that was won by its record, and who leads another hear of each other.
   */
  #areForcedApart(world: World, servers: readonly PostgresServer[]): boolean {
    const terms = servers.map(({ node }) => world.nodeOf(node)?.daemon.file?.leading?.term ?? 0);
    return this.#forced.some((forced) => {
      const isBetween =
        terms.some((term) => forced.terms.has(term)) && !terms.every((term) => forced.terms.has(term));
      return isBetween && world.schedule.now < Math.max(this.#apartAt, forced.atMs) + reactionMs;
    });
  }

  #isExcused(world: World, server: PostgresServer): boolean {
    const node = world.nodeOf(server.node);
    if (node === undefined || server.process.isFrozen) return true;
    const { now } = world.schedule;
    const { settings, isRunning, process } = node.daemon;
    if (settings.failoverQuorum === 'none' || settings.failover === 'manual') return true;
    // Nothing of ours ran while the host did not; where only the wall clock shows it, the leader asks for a second.
    const blindMs = Math.min(node.host.blindMs, judgementMs);
    const wasAllowedBefore = server.allowedAt < node.host.wokeAt;
    if (now < node.host.wokeAt + blindMs + reactionMs && wasAllowedBefore) return true;
    // An operator made it so, and no repmgrd leads it: unarmed until it won a term, or fenced within a lease.
    if (world.byHand.has(server.node)) return true;
    // Before the first term is won nobody holds or fences: it is said at each start.
    if (now < (this.#unarmedAt.get(server.node) ?? Number.NEGATIVE_INFINITY) + reactionMs) return true;
    // Without repmgrd only a guard can act.
    if (!isRunning || now < process.thawedAt + reactionMs) return !node.guard.isAlive;
    if (process.isFrozen) return !node.guard.isAlive;
    // A server that went on meanwhile, and does not answer a repmgrd that starts, may be anything.
    const startedAt = this.#watchedSince.get(server.node) ?? now;
    const isBackSince = server.allowedAt < startedAt ? (this.#seenSince.get(server.node) ?? now) : startedAt;
    if (now < isBackSince + reactionMs && !node.guard.isAlive) return true;
    // It takes a repmgrd a lease to find that it leads nothing.
    const startedUnasked = this.#startedUnasked.get(server);
    if (startedUnasked === undefined) return false;
    const since = Math.max(startedUnasked, startedAt);
    return now < since + settings.leaseMs + reactionMs;
  }
}
