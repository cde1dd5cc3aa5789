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
  /** What failed last: it is tried again every second, which is no news. */
  readonly #failed = new Map<Told['kind'], string>();
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

  /** @returns undefined where the event is not the end of such an action, that was not begun, or failed as it did before */
  eventOf(event: Event): ReportedEvent | undefined {
    if (event.kind !== 'actionFinished' && event.kind !== 'actionFailed') return undefined;
    const action = this.#underWay.get(event.id);
    this.#underWay.delete(event.id);
    if (action === undefined || (event.kind === 'actionFailed' && !event.wasBegun)) return undefined;
    const related = action.kind === 'fetchWal' ? action.from : action.node;
    const isSuccessful = event.kind === 'actionFinished';
    const words = this.#inWords(action, isSuccessful);
    const details = isSuccessful ? words : `${words}: ${event.reason}`;
    if (this.#failed.get(action.kind) === details) return undefined;
    if (isSuccessful) this.#failed.delete(action.kind);
    else this.#failed.set(action.kind, details);
    return { name: names[action.kind], isSuccessful, details, related };
  }

  #inWords(action: Told, isSuccessful: boolean): string {
    const node = this.#nameOf(action.kind === 'fetchWal' ? action.from : action.node);
    switch (action.kind) {
      case 'follow':
        return isSuccessful ? `this node follows ${node}` : `this node could not be made to follow ${node}`;
      case 'rejoin':
        return isSuccessful
          ? `this node is made a standby of ${node} again`
          : `this node could not be made a standby of ${node} again`;
      case 'fetchWal':
        return isSuccessful ? `WAL of ${node} is fetched` : `WAL of ${node} could not be fetched`;
    }
  }
}
