/** Lets the next start of a primary be read-only, whoever starts it, and takes that back (rule 9). */
import type { ActionResult } from '../../failover/events.ts';
import { limits } from '../../limits.ts';
import { replaceSettings, restoreSettings } from '../../postgres/kept-settings.ts';
import { recoveryState } from '../../postgres/queries/recovery-state.ts';
import { readSettings } from '../../postgres/queries/server.ts';
import { autoConf, changeSettingsFile, readSettingsFile } from '../../postgres/server-settings.ts';
import { type OwnServer, type PerformContext, requireServer } from './context.ts';
import { noUpstream } from './receiver-settings.ts';
import { reload } from './reload.ts';
import { isMarkedAsStandby, markAsStandby, unmarkAsStandby } from './standby-mark.ts';

const recoveryTargets = [
  'recovery_target',
  'recovery_target_lsn',
  'recovery_target_name',
  'recovery_target_time',
  'recovery_target_xid',
];

/** Of a restart in place, and of an archive that may hold another timeline. */
const armed = { restart_after_crash: 'off', restore_command: '' } as const;

/** Whether nobody has taken it away since. @throws the system's error */
export async function isSafeStartArmed(server: OwnServer): Promise<boolean> {
  const settings = await readSettingsFile(autoConf(server.dataDirectory));
  const isWhole = settings['restart_after_crash'] === armed.restart_after_crash;
  if (server.version.capabilities.recoverySettingsIn !== 'auto.conf') return isWhole;
  return (
    isWhole && settings['restore_command'] === armed.restore_command && (await isMarkedAsStandby(server))
  );
}

/**
 * Up to 11 only a crashed backend is covered: a recovery.conf would be renamed by the next promotion only.
 * @throws Error where a recovery target is set; the system's error
 */
export async function armSafeStart(context: PerformContext): Promise<ActionResult> {
  const server = requireServer(context);
  const file = autoConf(server.dataDirectory);
  const isSafe = server.version.capabilities.recoverySettingsIn === 'auto.conf';
  if (isSafe) {
    await refuseRecoveryTarget(context);
    await noUpstream(server);
    await replaceSettings(file, armed, { isDurable: true });
    await markAsStandby(server);
  } else {
    const { restart_after_crash } = armed;
    await replaceSettings(file, { restart_after_crash }, { isDurable: true });
  }
  await reload(server);
  return { kind: 'done' };
}

/** @param restartAfterCrash the operator's, for where the file does not tell what was replaced */
export async function disarmSafeStart(
  context: PerformContext,
  restartAfterCrash: string,
): Promise<ActionResult> {
  const server = requireServer(context);
  const { connections, signal } = context;
  const file = autoConf(server.dataDirectory);
  const isRestored = await restoreSettings(file, ['restart_after_crash', 'restore_command'], {
    isDurable: true,
  });
  if (!isRestored) {
    await changeSettingsFile(file, { restart_after_crash: restartAfterCrash }, { isDurable: true });
  }
  await reload(server);
  // A standby keeps what makes it one.
  const state = await recoveryState(await connections.get('control'), {
    deadlineMs: limits.ownAnswerMs,
    signal,
  });
  if (!state.isInRecovery && server.version.capabilities.recoverySettingsIn === 'auto.conf') {
    await unmarkAsStandby(server);
  }
  return { kind: 'done' };
}

/** With one left from an old recovery the server would not come up read-only, and could not be promoted. */
async function refuseRecoveryTarget({ connections }: PerformContext): Promise<void> {
  const settings = await readSettings(await connections.get('control'), recoveryTargets);
  const [found] = Object.entries(settings).filter(([, value]) => value !== '');
  if (found !== undefined) {
    throw new Error(
      `${found[0]} is set: take it out of the settings, so that the next start can be a safe one`,
    );
  }
}
