/** Events about actions that take a while: told when they have ended. Pure, but for what is under way. */
import type { Action } from '../../failover/actions.ts';
import type { Event } from '../../failover/events.ts';
import type { NodeId } from '../../model/node.ts';
import type { ReportedEvent } from './reported-event.ts';

type Told = Extract<Action, { readonly kind: 'follow' | 'rejoin' | 'fetchWal' }>;

const names = {
  follow: 'repmgrd_failover_follow',
  rejoin: 'repmgrd_rejoin',
  fetchWal: 'repmgrd_wal_tail',
} as const;

export class ActionEvents {
  readonly #underWay = new Map<number, Told>();
  readonly #nameOf: (node: NodeId) => string;

  constructor(nameOf: (node: NodeId) => string) {
    this.#nameOf = nameOf;
  }

  noteActions(actions: readonly Action[]): void {
    for (const action of actions) {
      if (action.kind === 'follow' || action.kind === 'rejoin' || action.kind === 'fetchWal') {
        this.#underWay.set(action.id, action);
      }
    }
  }

  /** @returns undefined where the event is not the end of such an action, or the action was not begun */
  eventOf(event: Event): ReportedEvent | undefined {
    if (event.kind !== 'actionFinished' && event.kind !== 'actionFailed') return undefined;
    const action = this.#underWay.get(event.id);
    this.#underWay.delete(event.id);
    if (action === undefined || (event.kind === 'actionFailed' && !event.wasBegun)) return undefined;
    const related = action.kind === 'fetchWal' ? action.from : action.node;
    const words = this.#inWords(action);
    return event.kind === 'actionFinished'
      ? { name: names[action.kind], isSuccessful: true, details: words, related }
      : { name: names[action.kind], isSuccessful: false, details: `${words}: ${event.reason}`, related };
  }

  #inWords(action: Told): string {
    switch (action.kind) {
      case 'follow':
        return `this node follows ${this.#nameOf(action.node)}`;
      case 'rejoin':
        return `this node is made a standby of ${this.#nameOf(action.node)} again`;
      case 'fetchWal':
        return `WAL of ${this.#nameOf(action.from)} is fetched`;
    }
  }
}
