/**
 * What a WAL receiver streams from, as the settings files say it. Up to 12 a running server does not take a new
 * primary_conninfo from them: there the receiver is kept away by the pause between its tries.
 */
import { dirname } from 'node:path';
import { replaceSettings, restoreSettings } from '../../postgres/kept-settings.ts';
import { readLockFile } from '../../postgres/postmaster.ts';
import type { RecoverySettings } from '../../postgres/recovery-config.ts';
import {
  autoConf,
  changeSettingsFile,
  readSettingsFile,
  recoveryConf,
  type SettingsFile,
} from '../../postgres/server-settings.ts';
import { flush } from '../../system/durable-file.ts';
import type { ServerPlace } from '../observe/server-place.ts';

const retryInterval = 'wal_retrieve_retry_interval';
export const longPause = '1h';

/** The file that primary_conninfo stands in. */
export function standbySettings({ dataDirectory, version }: ServerPlace): SettingsFile {
  const isRecoveryConf = version.capabilities.recoverySettingsIn === 'recovery.conf';
  return isRecoveryConf ? recoveryConf(dataDirectory) : autoConf(dataDirectory);
}

/** Durably: over a restart of the server, and of the host. @throws the system's error */
export async function setUpstream(place: ServerPlace, settings: RecoverySettings): Promise<boolean> {
  return await changeSettingsFile(standbySettings(place), settings, { isDurable: true });
}

/** Where what was taken away is kept: the credentials in it are needed again. PostgreSQL takes any name with a dot. */
const formerName = 'repmgr.former_primary_conninfo';
/** The start of the server that had it in force: up to 12 that one still has. */
const formerStartName = 'repmgr.former_start';

/** No WAL receiver after the next reload (13+) or start. @throws the system's error */
export async function noUpstream(
  place: ServerPlace,
  durability: { readonly isDurable: boolean } = { isDurable: true },
): Promise<void> {
  const { primary_conninfo: current = '' } = await readSettingsFile(standbySettings(place));
  const startedAt = (await readLockFile(place.dataDirectory))?.startedAt ?? '';
  const kept = current === '' ? {} : { [formerName]: current, [formerStartName]: startedAt };
  const isRecoveryConf = place.version.capabilities.recoverySettingsIn === 'recovery.conf';
  if (!isRecoveryConf) {
    // An empty value in postgresql.auto.conf wins over one in postgresql.conf.
    await changeSettingsFile(standbySettings(place), { ...kept, primary_conninfo: '' }, durability);
    return;
  }
  // recovery.conf knows no other names than its own.
  await changeSettingsFile(autoConf(place.dataDirectory), kept, { isDurable: false });
  await changeSettingsFile(standbySettings(place), { primary_conninfo: undefined }, durability);
}

/** Brings to disk what names the upstream, or no longer does. @throws the system's error */
export async function flushUpstream(place: ServerPlace): Promise<void> {
  const { path } = standbySettings(place);
  await Promise.all([flush(path), flush(dirname(path))]);
}

/** primary_conninfo as it is, or was before it was taken away. @throws the system's error */
export async function formerConninfo(place: ServerPlace): Promise<string | undefined> {
  const { primary_conninfo: current = '' } = await readSettingsFile(standbySettings(place));
  return current === '' ? (await readSettingsFile(autoConf(place.dataDirectory)))[formerName] : current;
}

/**
 * Up to 12: whether the server that runs would use this primary_conninfo, which it read when it was started.
 * @throws the system's error
 */
export async function isInMemory(place: ServerPlace, conninfo: string | undefined): Promise<boolean> {
  const { primary_conninfo: current = '' } = await readSettingsFile(standbySettings(place));
  if (current !== '') return current === conninfo;
  const kept = await readSettingsFile(autoConf(place.dataDirectory));
  const startedAt = (await readLockFile(place.dataDirectory))?.startedAt;
  return kept[formerName] === conninfo && kept[formerStartName] === startedAt;
}

/** @throws the system's error */
export async function forgetFormerConninfo({ dataDirectory }: ServerPlace): Promise<void> {
  const forgotten = { [formerName]: undefined, [formerStartName]: undefined };
  await changeSettingsFile(autoConf(dataDirectory), forgotten, { isDurable: false });
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
