/** A standby with failover=manual streams from no other node than before, unless an operator made it or it was a primary. */
import type { Event } from '../../../src/failover/events.ts';
import type { State } from '../../../src/failover/state.ts';
import type { StepResult } from '../../../src/failover/step.ts';
import type { Daemon } from '../daemon/daemon.ts';
import type { PostgresServer } from '../postgres/server.ts';
import type { World } from '../world/world.ts';
import type { Checker } from './watcher.ts';

export class LeftToOperator implements Checker {
  readonly name = 'left to the operator';
  readonly #attached = new Map<number, number>();
  /** Whom an operator, or a rejoin, has each follow; it may not have got there yet. */
  readonly #sentTo = new Map<number, number>();

  stepped(_: World, { node }: Daemon, before: State, event: Event, { actions }: StepResult): void {
    const isAccepted = actions.some((action) => action.kind === 'answerOperator' && action.isAccepted);
    if (isAccepted && event.kind === 'operatorRequested' && event.request.kind === 'follow')
      this.#sentTo.set(node, event.request.node);
    // Half a copy is of no use: what was begun ends with whoever leads by then.
    const rejoin = actions.find(({ kind }) => kind === 'rejoin');
    if (before.durable.isRejoining && rejoin?.kind === 'rejoin') this.#sentTo.set(node, rejoin.node);
  }

  becameWritable(_: World, { node }: PostgresServer): void {
    this.#attached.delete(node);
    this.#sentTo.delete(node);
  }

  walReceived(world: World, { node }: PostgresServer, upstream: PostgresServer): void {
    if (world.nodeOf(node)?.daemon.settings.failover !== 'manual') return;
    const known = this.#attached.get(node);
    if (this.#sentTo.get(node) === upstream.node) this.#sentTo.delete(node);
    else if (known !== undefined && known !== upstream.node) {
      world.watchers.violated(
        world,
        this,
        `node ${node} with failover=manual streamed from node ${known}, and streams from node ${upstream.node} though nobody made it`,
      );
    }
    this.#attached.set(node, upstream.node);
  }
}
