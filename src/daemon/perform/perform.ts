/** Does what the core wants done with PostgreSQL, and tells how it ended. One file of this folder for each action. */
import type { Action } from '../../failover/actions.ts';
import type { ActionResult } from '../../failover/events.ts';
import { askServers } from './ask-servers.ts';
import type { PerformContext } from './context.ts';
import { fetchWal } from './fetch-wal.ts';
import { freeze, unfreeze } from './freeze.ts';

export { ActionNotBegun, type OwnServer, type PerformContext } from './context.ts';

/** All but what the loop of repmgrd does by itself. */
export type PerformedAction = Exclude<
  Action,
  { kind: 'persist' | 'send' | 'setTimer' | 'answerOperator' | 'recordEvent' }
>;

/**
 * @returns the result that the core is told
 * @throws ActionNotBegun where nothing was changed; any other error where something may have been
 */
export async function perform(action: PerformedAction, context: PerformContext): Promise<ActionResult> {
  switch (action.kind) {
    case 'freeze':
      return await freeze(context);
    case 'unfreeze':
      return await unfreeze(context, action.primaryConninfo);
    case 'askServers':
      return await askServers(context, action.nodes, action.withinMs);
    case 'fetchWal':
      return await fetchWal(context, action);
    default:
      throw new Error(`the action ${action.kind} cannot be performed`);
  }
}
