/** A standby with failover=manual streams from no other node than before, unless an operator made it or it was a primary. */
import type { Event } from '../../../src/failover/events.ts';
import type { State } from '../../../src/failover/state.ts';
import type { StepResult } from '../../../src/failover/step.ts';
import type { Daemon } from '../daemon/daemon.ts';
import type { PostgresServer } from '../postgres/server.ts';
import type { World } from '../world/world.ts';
import type { Checker } from './watcher.ts';

interface Attachment {
  readonly from: number;
  /** Whom an operator, or a rejoin, has it follow; it may not have got there yet. */
  readonly to?: number;
}

export class LeftToOperator implements Checker {
  readonly name = 'left to the operator';
  readonly #attached = new Map<number, Attachment>();

  stepped(_: World, { node }: Daemon, before: State, event: Event, { actions }: StepResult): void {
    const known = this.#attached.get(node);
    if (known === undefined) return;
    const isAccepted = actions.some((action) => action.kind === 'answerOperator' && action.isAccepted);
    if (isAccepted && event.kind === 'operatorRequested' && event.request.kind === 'follow')
      this.#attached.set(node, { ...known, to: event.request.node });
    // Half a copy is of no use: what was begun ends with whoever leads by then.
    const rejoin = actions.find(({ kind }) => kind === 'rejoin');
    if (before.durable.isRejoining && rejoin?.kind === 'rejoin')
      this.#attached.set(node, { ...known, to: rejoin.node });
  }

  becameWritable(_: World, { node }: PostgresServer): void {
    this.#attached.delete(node);
  }

  walReceived(world: World, { node }: PostgresServer, upstream: PostgresServer): void {
    if (world.nodeOf(node)?.daemon.settings.failover !== 'manual') return;
    const known = this.#attached.get(node);
    if (known === undefined || known.to === upstream.node) this.#attached.set(node, { from: upstream.node });
    else if (known.from !== upstream.node) {
      world.watchers.violated(
        world,
        this,
        `node ${node} with failover=manual streamed from node ${known.from}, and streams from node ${upstream.node} though nobody made it`,
      );
    }
  }
}
