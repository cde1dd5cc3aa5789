/** Does what the core wants done with PostgreSQL, and tells how it ended. One file of this folder for each action. */
import type { Action } from '../../failover/actions.ts';
import type { ActionResult } from '../../failover/events.ts';
import { askServers } from './ask-servers.ts';
import type { PerformContext } from './context.ts';
import { fetchWal } from './fetch-wal.ts';
import { fence, shutDown, takeDown } from './down.ts';
import { follow } from './follow.ts';
import { freeze, unfreeze } from './freeze.ts';
import { hold, release, setSynchronousNames } from './hold.ts';
import { promote } from './promote.ts';
import { rejoin } from './rejoin.ts';
import { armSafeStart, disarmSafeStart } from './safe-start.ts';
import { restartInPlace, startAsStandby } from './start.ts';
import { writeMetadata } from './write-metadata.ts';
import { writeWal } from './write-wal.ts';

export { ActionNotBegun, type PerformContext } from './context.ts';

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
    case 'promote':
      return await promote(context, action);
    case 'rejoin':
      return await rejoin(context, action);
    case 'follow':
      return await follow(context, action.node);
    case 'writeMetadata':
      return await writeMetadata(context, action.term);
    case 'hold':
      return await hold(context);
    case 'release':
      return await release(context, action.synchronousStandbyNames);
    case 'setSynchronousNames':
      return await setSynchronousNames(context, action.names, action.removed);
    case 'fence':
      return await fence(context);
    case 'takeDown':
      return await takeDown(context);
    case 'shutDown':
      return await shutDown(context);
    case 'startAsStandby':
      return await startAsStandby(context);
    case 'restartInPlace':
      return await restartInPlace(context, action);
    case 'armSafeStart':
      return await armSafeStart(context);
    case 'disarmSafeStart':
      return await disarmSafeStart(context, action.restartAfterCrash);
    case 'writeWal':
      return await writeWal(context);
    case 'renewGuard':
      await context.guard.renew(action.deadline);
      return { kind: 'done' };
    case 'endGuard':
      await context.guard.end();
      return { kind: 'done' };
  }
}
