/**
 * What a WAL receiver streams from, as the settings files say it. Up to 12 a running server does not take a new
 * primary_conninfo from them: there the receiver is kept away by the pause between its tries.
 */
import { replaceSettings, restoreSettings } from '../../postgres/kept-settings.ts';
import type { RecoverySettings } from '../../postgres/recovery-config.ts';
import {
  autoConf,
  changeSettingsFile,
  recoveryConf,
  type SettingsFile,
} from '../../postgres/server-settings.ts';
import type { ServerPlace } from '../observe/server-place.ts';

const retryInterval = 'wal_retrieve_retry_interval';
const longPause = '1h';

/** The file that primary_conninfo stands in. */
export function standbySettings({ dataDirectory, version }: ServerPlace): SettingsFile {
  const isRecoveryConf = version.capabilities.recoverySettingsIn === 'recovery.conf';
  return isRecoveryConf ? recoveryConf(dataDirectory) : autoConf(dataDirectory);
}

/** Durably: over a restart of the server, and of the host. @throws the system's error */
export async function setUpstream(place: ServerPlace, settings: RecoverySettings): Promise<boolean> {
  return await changeSettingsFile(standbySettings(place), settings, { isDurable: true });
}

/** No WAL receiver after the next reload (13+) or start. @throws the system's error */
export async function noUpstream(place: ServerPlace): Promise<void> {
  const isRecoveryConf = place.version.capabilities.recoverySettingsIn === 'recovery.conf';
  // An empty value in postgresql.auto.conf wins over one in postgresql.conf.
  await setUpstream(place, { primary_conninfo: isRecoveryConf ? undefined : '' });
}

/**
 * Up to 12: a receiver that has ended twice does not come back before an hour is over, or the settings are read again.
 * @throws the system's error
 */
export async function delayRetries({ dataDirectory, version }: ServerPlace): Promise<void> {
  if (version.capabilities.canReloadPrimaryConninfo) return;
  await replaceSettings(autoConf(dataDirectory), { [retryInterval]: longPause }, { isDurable: false });
}

/** Undoes `delayRetries`. @throws the system's error */
export async function allowRetries({ dataDirectory }: ServerPlace): Promise<void> {
  await restoreSettings(autoConf(dataDirectory), [retryInterval], { isDurable: false });
}
