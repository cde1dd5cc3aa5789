/** No two nodes win the same term, and nobody grants one term to two. */
import type { Event } from '../../../src/failover/events.ts';
import type { Message } from '../../../src/failover/messages.ts';
import type { State } from '../../../src/failover/state.ts';
import type { StepResult } from '../../../src/failover/step.ts';
import type { Daemon } from '../daemon/daemon.ts';
import type { World } from '../world/world.ts';
import type { Checker } from './watcher.ts';

export class OneWinner implements Checker {
  readonly name = 'one winner a term';
  readonly #winners = new Map<number, number>();
  readonly #grants = new Map<string, number>();

  stepped(world: World, daemon: Daemon, before: State, _event: Event, { state }: StepResult): void {
    if (state.role === before.role || state.role.kind !== 'leader') return;
    const { term } = state.role;
    if (before.role.kind === 'leader' && before.role.term === term) return;
    const winner = this.#winners.get(term);
    if (winner !== undefined && winner !== daemon.node) {
      world.watchers.violated(world, this, `nodes ${winner} and ${daemon.node} both lead term ${term}`);
    }
    this.#winners.set(term, daemon.node);
  }

  messageSent(world: World, from: number, to: number, message: Message): void {
    if (message.kind !== 'voteAnswer' || message.outcome.kind !== 'granted') return;
    const key = `${message.term} ${from}`;
    const granted = this.#grants.get(key);
    if (granted !== undefined && granted !== to) {
      world.watchers.violated(
        world,
        this,
        `node ${from} grants term ${message.term} to ${granted} and to ${to}`,
      );
    }
    this.#grants.set(key, to);
  }
}
