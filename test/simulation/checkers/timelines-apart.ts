/** A timeline number that was made twice is never followed as if it were one. */
import type { PostgresServer } from '../postgres/server.ts';
import type { World } from '../world/world.ts';
import type { Checker } from './watcher.ts';

export class TimelinesApart implements Checker {
  readonly name = 'timelines apart';

  corrupted(world: World, server: PostgresServer, upstream: PostgresServer): void {
    // Without its repmgrd nobody keeps a server from following whom its settings name.
    const daemon = world.nodeOf(server.node)?.daemon;
    if (daemon?.isRunning !== true) return;
    // Who lost its state file cannot know who made its timelines: by number and fork, which are all it has, they are one.
    if (daemon.state?.durable.hasLostState === true) return;
    const { timeline } = upstream.directory.branch;
    world.watchers.violated(
      world,
      this,
      `node ${server.node} follows node ${upstream.node} on timeline ${timeline}, which is another of that number`,
    );
  }
}
