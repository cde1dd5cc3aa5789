/** Who can't reach a quorum asks for no term: it would only unsettle the others when it is back. */
import type { Event } from '../../../src/failover/events.ts';
import type { State } from '../../../src/failover/state.ts';
import type { StepResult } from '../../../src/failover/step.ts';
import type { Daemon } from '../daemon/daemon.ts';
import type { World } from '../world/world.ts';
import { isQuorumNow } from './electorate.ts';
import type { Checker } from './watcher.ts';

/** What was asked before it was cut off may be answered by then. */
const freshMs = 2_000;
const lookEveryMs = 400;

export class SparingTerms implements Checker {
  readonly name = 'sparing terms';
  /** When each node last reached each other: answers to a candidate come one by one. */
  readonly #reachedAt = new Map<number, Map<number, number>>();
  /** When each candidate began; WAL that it fetches before it asks for votes takes its time. */
  readonly #standsSince = new Map<number, number>();

  begun(world: World): void {
    this.#look(world);
  }

  stepped(world: World, daemon: Daemon, before: State, event: Event, { state }: StepResult): void {
    if (before.role.kind !== 'candidate') this.#standsSince.set(daemon.node, world.schedule.now);
    // Between two looks it may have reached somebody.
    if (event.kind === 'messageReceived') this.#lookAt(world, daemon.node);
    if (state.role.kind !== 'candidate' || state.role.stage !== 'asking' || state.role.purpose !== 'election')
      return;
    if (state.role.isForced) return;
    if (
      before.role.kind === 'candidate' &&
      before.role.term === state.role.term &&
      before.role.stage === 'asking'
    )
      return;
    // By failover_quorum=none whoever answers is enough, nobody included.
    if (daemon.settings.failoverQuorum === 'none' || state.role.record.voters.length <= 2) return;
    const stoodAt = this.#standsSince.get(daemon.node) ?? world.schedule.now;
    if (this.#reachedQuorumSince(world, daemon.node, stoodAt - freshMs)) return;
    world.watchers.violated(
      world,
      this,
      `node ${daemon.node} asks for term ${state.role.term} and reaches no quorum`,
    );
  }

  #look(world: World): void {
    for (const { id } of world.nodes) this.#lookAt(world, id);
    world.schedule.after(lookEveryMs, undefined, () => this.#look(world));
  }

  #lookAt(world: World, node: number): void {
    const reachedAt = this.#reachedAt.get(node) ?? new Map<number, number>();
    this.#reachedAt.set(node, reachedAt);
    for (const { id } of world.nodes)
      if (this.#reaches(world, node, id)) reachedAt.set(id, world.schedule.now);
  }

  /** By what the node itself knows of the voters. */
  #reachedQuorumSince(world: World, node: number, sinceMs: number): boolean {
    this.#lookAt(world, node);
    const ownRecord = world.nodeOf(node)?.daemon.state?.durable.record ?? undefined;
    const reachedAt = this.#reachedAt.get(node);
    return isQuorumNow(world, (id) => id === node || (reachedAt?.get(id) ?? -1) >= sinceMs, ownRecord);
  }

  #reaches(world: World, from: number, to: number): boolean {
    const daemon = world.nodeOf(to)?.daemon;
    return daemon?.isRunning === true && !daemon.process.isFrozen && world.network.isOpenBothWays(from, to);
  }
}
