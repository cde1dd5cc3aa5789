/** Events about the own server: lost and back, stalled. Pure. */
import type { ServerCondition } from '../../failover/server-observation.ts';
import type { State } from '../../failover/state.ts';
import type { ReportedEvent } from './reported-event.ts';

/** What was seen before counts only where the server was seen up. */
export function serverEvents(before: State, after: State): readonly ReportedEvent[] {
  const was = before.server?.condition;
  const is = after.server?.condition;
  if (was === undefined || is === undefined || was === is) return [];
  const isPrimary = (before.server?.isInRecovery ?? after.server?.isInRecovery) === false;
  if (is === 'stalled') {
    return [
      { name: 'repmgrd_write_stall', isSuccessful: false, details: 'a small write does not reach the disk' },
    ];
  }
  if (isUp(was) && !isUp(is)) {
    const name = isPrimary ? 'repmgrd_local_disconnect' : 'standby_failure';
    return [{ name, isSuccessful: true, details: `the local server ${words[is]}` }];
  }
  if (!isUp(was) && is === 'running') {
    const name = after.server?.isInRecovery === false ? 'repmgrd_local_reconnect' : 'standby_recovery';
    return [{ name, isSuccessful: true, details: 'the local server accepts connections again' }];
  }
  return [];
}

/** A start on its way is neither: what came before it was told. */
function isUp(condition: ServerCondition): boolean {
  return condition === 'running' || condition === 'stalled';
}

const words: Readonly<Record<ServerCondition, string>> = {
  running: 'runs',
  starting: 'is starting',
  stalled: 'cannot write to disk',
  hanging: 'accepts no new connections',
  shuttingDown: 'is shutting down',
  shutDown: 'was shut down',
  crashed: 'crashed',
  none: 'is not there',
};
