/** A repmgrd goes about its work at a walk: it never wakes itself over and over. */
import type { Daemon } from '../daemon/daemon.ts';
import type { World } from '../world/world.ts';
import type { Checker } from './watcher.ts';

/** Twice what it takes a first leader that nine nodes join at once. */
const stepsPerSecond = 1_000;

export class NoRush implements Checker {
  readonly name = 'no rush';
  readonly #steps = new Map<Daemon, { second: number; steps: number }>();

  stepped(world: World, daemon: Daemon): void {
    const second = Math.floor(world.schedule.now / 1000);
    const known = this.#steps.get(daemon);
    if (known === undefined || known.second !== second) {
      this.#steps.set(daemon, { second, steps: 1 });
      return;
    }
    known.steps += 1;
    if (known.steps > stepsPerSecond) {
      world.watchers.violated(
        world,
        this,
        `repmgrd of node ${daemon.node} makes ${known.steps} steps in a second`,
      );
    }
  }
}
