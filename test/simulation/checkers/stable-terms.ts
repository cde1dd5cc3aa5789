/** A node's term never goes back, over crashes too, and its vote in a term never changes. */
import type { Durable } from '../../../src/failover/durable.ts';
import type { Message } from '../../../src/failover/messages.ts';
import type { Daemon } from '../daemon/daemon.ts';
import type { World } from '../world/world.ts';
import type { Checker } from './watcher.ts';

export class StableTerms implements Checker {
  readonly name = 'stable terms';
  readonly #stored = new Map<number, Durable>();

  persisted(world: World, daemon: Daemon, before: Durable | undefined, after: Durable): void {
    this.#stored.set(daemon.node, after);
    if (before === undefined) return;
    if (after.term < before.term) {
      world.watchers.violated(
        world,
        this,
        `node ${daemon.node} goes back from term ${before.term} to ${after.term}`,
      );
    }
    const { vote } = before;
    if (vote !== null && after.vote?.term === vote.term && after.vote.candidate !== vote.candidate) {
      world.watchers.violated(world, this, `node ${daemon.node} changes its vote in term ${vote.term}`);
    }
  }

  /** What is promised rests on what is on disk. */
  messageSent(world: World, from: number, _to: number, message: Message): void {
    if (message.kind !== 'voteAnswer' || message.outcome.kind === 'refused') return;
    const stored = this.#stored.get(from)?.term ?? 0;
    if (stored < message.term) {
      world.watchers.violated(
        world,
        this,
        `node ${from} answers in term ${message.term} and has stored ${stored}`,
      );
    }
  }
}
