/** An event of the cluster on its way to `repl_events` and to the notification commands. */
import type { NodeId } from '../../model/node.ts';

export interface ReportedEvent {
  readonly name: string;
  readonly isSuccessful: boolean;
  readonly details: string;
  /** The node that %a, %c and %p stand for. */
  readonly related?: NodeId | undefined;
}
