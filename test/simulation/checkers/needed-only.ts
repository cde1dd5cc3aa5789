/**
 * No failover, no fence and no hold without a reason: while the primary serves and a quorum that nothing has touched
 * reaches it, nobody promotes and nobody waits.
 */
import type { Event } from '../../../src/failover/events.ts';
import type { State } from '../../../src/failover/state.ts';
import type { StepResult } from '../../../src/failover/step.ts';
import type { Daemon } from '../daemon/daemon.ts';
import type { Fault } from '../history/faults.ts';
import type { World } from '../world/world.ts';
import { Disturbance } from './disturbance.ts';
import { isQuorumNow } from './electorate.ts';
import { findComplaint } from './health.ts';
import type { Checker, Needless } from './watcher.ts';

const lookEveryMs = 500;
/** How long all must have been well before nothing else counts as a reason. */
const calmMs = 3_000;
/** From the look at the clocks to the call. */
const onItsWayMs = 1;

export class NeededOnly implements Checker {
  readonly name = 'needed only';
  readonly #disturbance = new Disturbance();
  #wellSince: number | undefined;
  #isJudging = true;

  begun(world: World): void {
    // By failover_quorum=none who hears nobody promotes itself, and nobody's word is asked.
    const needsWord = world.options.nodes.every(({ settings }) => settings.failoverQuorum === 'majority');
    this.#isJudging = needsWord && !isSlow(world);
    if (this.#isJudging) this.#look(world);
  }

  faultBegan(world: World, fault: Fault, node: number | undefined): void {
    this.#disturbance.begin(world, fault, node);
    if (!this.#isHarmless(world)) this.#wellSince = undefined;
  }

  faultEnded(world: World, fault: Fault): void {
    this.#disturbance.end(world, fault);
  }

  quiet(world: World): void {
    this.#wellSince = undefined;
    for (const fault of world.options.faults) this.#disturbance.end(world, fault);
  }

  stepped(world: World, daemon: Daemon, _before: State, _event: Event, { state, actions }: StepResult): void {
    for (const { kind } of actions) {
      // The first names of synchronous standbys come by way of one.
      if (kind === 'hold' && state.role.kind === 'leader' && !state.role.isHolding) continue;
      // Who lost its primary to another does it no harm.
      if (daemon.server?.isWritable !== true) return;
      if (kind === 'hold' || kind === 'fence') this.#judge(world, kind, daemon);
    }
  }

  promotionCalled(world: World, daemon: Daemon): void {
    // The clocks were looked at before the host stood still, and the call was on its way.
    const wokeAt = world.nodeOf(daemon.node)?.host.wokeAt ?? Number.NEGATIVE_INFINITY;
    if (world.schedule.now - wokeAt < onItsWayMs) return;
    this.#judge(world, 'failover', daemon);
  }

  guardFenced(world: World, daemon: Daemon): void {
    const { node, state } = daemon;
    if (state?.role.kind !== 'leader' || !state.role.isPaused) return;
    // A repmgrd that is stopped does not see a pause end.
    if ((state.durable.pauseEndsAtBootMs ?? 0) < daemon.now().bootTimeMs) return;
    world.watchers.violated(world, this, `the guard of node ${node} ends PostgreSQL in a pause`);
  }

  #judge(world: World, what: Needless, { node }: Daemon): void {
    if (this.#wellSince === undefined || world.schedule.now - this.#wellSince < calmMs) return;
    // Of two writable servers one has to go.
    const writable = world.nodes.filter(({ server }) => server?.isWritable === true);
    if (!this.#isHarmless(world) || writable.length > 1) return;
    world.watchers.needless(world, what);
    const text = `a ${what} begins on node ${node} though the primary serves and a quorum reaches it`;
    world.watchers.violated(world, this, text);
  }

  #look(world: World): void {
    const isWell =
      this.#isHarmless(world) && findComplaint(world, (node) => this.#isOut(world, node)) === undefined;
    if (!isWell) this.#wellSince = undefined;
    else this.#wellSince ??= world.schedule.now;
    world.schedule.after(lookEveryMs, undefined, () => this.#look(world));
  }

  /** Something has touched it, or it is no voter yet, or not again. */
  #isOut(world: World, node: number): boolean {
    if (this.#disturbance.touches(node) || world.unregistered.has(node)) return true;
    // A suspension may outlast the end of all faults.
    const host = world.nodeOf(node)?.host;
    if (host?.isSuspended === true || world.schedule.now - (host?.wokeAt ?? 0) < calmMs) return true;
    if (missesMessages(world, node)) return true;
    return world.nodeOf(node)?.daemon.state?.durable.hasLostState !== false;
  }

  /** The primary is untouched, and so are enough others. */
  #isHarmless(world: World): boolean {
    for (const { id, server } of world.nodes)
      if (server?.isWritable === true && this.#isOut(world, id)) return false;
    return isQuorumNow(world, (id) => !this.#isOut(world, id));
  }
}

/** The network lost what it and the primary told each other, less than a lease ago. */
function missesMessages({ nodes, network }: World, node: number): boolean {
  return nodes.some(
    ({ id, server, daemon }) =>
      server?.isWritable === true && network.missedMsAgo(id, node) < daemon.settings.leaseMs,
  );
}

/** Round trips that take a good part of the shortest time that counts. */
function isSlow({ options }: World): boolean {
  const { link } = options;
  const roundTripMs = 2 * (link.delayMs + link.jitterMs);
  return options.nodes.some(
    ({ settings, host }) =>
      roundTripMs > settings.commitHoldMs / 4 || host.disk.syncMs * 50 * host.disk.slowChance > 5,
  );
}
