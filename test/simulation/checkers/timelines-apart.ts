/** A timeline number that was made twice is never followed as if it were one. */
import type { Durable } from '../../../src/failover/durable.ts';
import type { Event } from '../../../src/failover/events.ts';
import type { State } from '../../../src/failover/state.ts';
import type { StepResult } from '../../../src/failover/step.ts';
import type { Daemon } from '../daemon/daemon.ts';
import type { PostgresServer } from '../postgres/server.ts';
import type { Branch } from '../world/wal.ts';
import type { World } from '../world/world.ts';
import type { Checker } from './watcher.ts';

/** To look at the server, and to take its receiver away. */
const reactionMs = 1_000;

export class TimelinesApart implements Checker {
  readonly name = 'timelines apart';
  readonly #hadFile = new Set<number>();
  /** When each repmgrd heard in this life who leads now. */
  readonly #knowsSince = new Map<number, { readonly term: number; readonly atMs: number }>();
  /** Of nodes whose state file was lost: who made the timelines in them nobody knows any more. */
  readonly #forgotten = new WeakSet<PostgresServer['directory']>();
  /** What a hand wrote on the primary's own timeline. */
  readonly #strays = new Set<Branch>();

  stepped({ schedule }: World, { node }: Daemon, _before: State, _event: Event, { state }: StepResult): void {
    const term = state.durable.leader?.term ?? 0;
    if (state.leaderHeardAt === null) this.#knowsSince.delete(node);
    else if (this.#knowsSince.get(node)?.term !== term)
      this.#knowsSince.set(node, { term, atMs: schedule.now });
  }

  persisted(world: World, { node }: Daemon, before: Durable | undefined): void {
    const directory = world.nodeOf(node)?.server?.directory;
    const isLost = before === undefined && this.#hadFile.has(node);
    if (isLost && directory !== undefined) this.#forgotten.add(directory);
    this.#hadFile.add(node);
  }

  becameWritable({ byHand }: World, { node, directory }: PostgresServer): void {
    const { branch } = directory;
    if (byHand.has(node) && branch.parent?.timeline === branch.timeline) this.#strays.add(branch);
  }

  #holdsStrayOfAnother({ node, directory }: PostgresServer): boolean {
    for (let it: Branch | undefined = directory.branch; it !== undefined; it = it.parent)
      if (it.owner !== node && this.#strays.has(it)) return true;
    return false;
  }

  corrupted(world: World, server: PostgresServer, upstream: PostgresServer): void {
    // Without its repmgrd nobody keeps a server from following whom its settings name.
    const daemon = world.nodeOf(server.node)?.daemon;
    if (daemon?.isRunning !== true) return;
    // By number and fork, which are all that is left, they are one; that it was taken in anew since teaches nothing.
    if (daemon.state?.durable.hasLostState === true || this.#forgotten.has(server.directory)) return;
    // Copied or streamed from the server of another node that a hand made writable.
    if (this.#holdsStrayOfAnother(server)) return;
    // It has not heard yet who leads, or just now, and its settings name whom it followed before.
    const knowsSince = this.#knowsSince.get(server.node)?.atMs ?? Number.POSITIVE_INFINITY;
    if (world.schedule.now < knowsSince + reactionMs) return;
    // That one has not been promoted yet: nobody can say what its WAL will be.
    if (daemon.state?.durable.leader?.isWritable === false) return;
    // Two primaries were possible, and the one that stayed may never have heard of this node.
    if (daemon.settings.failoverQuorum === 'none') return;
    const { timeline } = upstream.directory.branch;
    world.watchers.violated(
      world,
      this,
      `node ${server.node} follows node ${upstream.node} on timeline ${timeline}, which is another of that number`,
    );
  }
}
