/**
 * Words are kept: a standby that acknowledges WAL has not voted against that primary, and a leader that says that its
 * PostgreSQL is down has it down.
 */
import type { Message } from '../../../src/failover/messages.ts';
import type { PostgresServer } from '../postgres/server.ts';
import type { World } from '../world/world.ts';
import type { Checker } from './watcher.ts';

export class KeptWords implements Checker {
  readonly name = 'kept words';
  /** The newest term that each node granted in an election, and to whom. */
  readonly #votes = new Map<number, { readonly term: number; readonly candidate: number }>();

  readonly #yielded = new Map<number, number>();

  messageSent(world: World, from: number, to: number, message: Message): void {
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

  /** A yield is repeated until everybody has heard it, and what came after it is another matter. */
  #isNews(node: number, upToTerm: number): boolean {
    const known = this.#yielded.get(node) ?? 0;
    this.#yielded.set(node, Math.max(known, upToTerm));
    return upToTerm > known;
  }

  walReceived(world: World, { node }: PostgresServer, upstream: PostgresServer): void {
    const vote = this.#votes.get(node);
    if (vote === undefined || vote.candidate === upstream.node || upstream.phase !== 'writable') return;
    const followed = world.nodeOf(node)?.daemon.state?.durable.leader?.term ?? 0;
    if (followed >= vote.term) {
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
