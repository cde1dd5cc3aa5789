/**
 * What a WAL receiver streams from, as the settings files say it. Up to 12 a running server does not take a new
 * primary_conninfo from them: there the receiver is kept away by the pause between its tries.
 */
import {
  type SettingsFile,
  autoConf,
  changeSettingsFile,
  readSettingsFile,
  recoveryConf,
} from '../../postgres/server-settings.ts';
import type { RecoverySettings } from '../../postgres/recovery-config.ts';
import type { OwnServer } from './context.ts';

const retryInterval = 'wal_retrieve_retry_interval';
/** Where the operator's value of it is kept meanwhile: PostgreSQL takes any name with a dot. */
const keptRetryInterval = `repmgr.${retryInterval}`;
/** An hour less a millisecond, so that it is known again as ours. */
const longPause = '3599999ms';

/** Durably: over a restart of the server, and of the host. @throws the system's error */
export async function setUpstream(server: OwnServer, settings: RecoverySettings): Promise<void> {
  await changeSettingsFile(settingsFileOf(server), settings, { isDurable: true });
}

/** The value in force after the next start; empty where there is none. */
export async function noUpstream(server: OwnServer): Promise<void> {
  const isRecoveryConf = server.version.capabilities.recoverySettingsIn === 'recovery.conf';
  // An empty value in postgresql.auto.conf wins over one in postgresql.conf.
  await setUpstream(server, { primary_conninfo: isRecoveryConf ? undefined : '' });
}

/** Up to 12: a receiver that has ended twice does not come back before an hour is over, or the settings are read again. */
export async function delayRetries(server: OwnServer): Promise<void> {
  if (server.version.capabilities.canReloadPrimaryConninfo) return;
  const file = autoConf(server.dataDirectory);
  const { [retryInterval]: before } = await readSettingsFile(file);
  if (before === longPause) return;
  await changeSettingsFile(
    file,
    { [retryInterval]: longPause, [keptRetryInterval]: before },
    { isDurable: false },
  );
}

/** Undoes `delayRetries`. @returns whether there was anything to undo */
export async function allowRetries(server: OwnServer): Promise<boolean> {
  const file = autoConf(server.dataDirectory);
  const { [retryInterval]: current, [keptRetryInterval]: before } = await readSettingsFile(file);
  if (current !== longPause) return false;
  return await changeSettingsFile(
    file,
    { [retryInterval]: before, [keptRetryInterval]: undefined },
    { isDurable: false },
  );
}

function settingsFileOf({ dataDirectory, version }: OwnServer): SettingsFile {
  const isRecoveryConf = version.capabilities.recoverySettingsIn === 'recovery.conf';
  return isRecoveryConf ? recoveryConf(dataDirectory) : autoConf(dataDirectory);
}
