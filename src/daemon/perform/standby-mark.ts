/** The file that makes the next start of a server read-only: standby.signal, up to 11 recovery.conf (rule 9). */
import { access, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { changeSettingsFile, recoveryConf } from '../../postgres/server-settings.ts';
import { flush, writeDurably } from '../../system/durable-file.ts';
import type { ServerPlace } from '../observe/server-place.ts';

export async function isMarkedAsStandby(place: ServerPlace): Promise<boolean> {
  return await access(pathOf(place)).then(
    () => true,
    () => false,
  );
}

/** Durably. One that is there stays as it is. @throws the system's error */
export async function markAsStandby(place: ServerPlace): Promise<void> {
  const path = pathOf(place);
  if (await isMarkedAsStandby(place)) return;
  if (place.version.capabilities.recoverySettingsIn === 'auto.conf') {
    await writeDurably(path, '', { mode: 0o600 });
  } else {
    const settings = { standby_mode: 'on', recovery_target_timeline: 'latest' };
    await changeSettingsFile(recoveryConf(place.dataDirectory), settings, { isDurable: true });
  }
}

/** @throws the system's error */
export async function unmarkAsStandby(place: ServerPlace): Promise<void> {
  await rm(pathOf(place), { force: true });
  await flush(place.dataDirectory);
}

function pathOf({ dataDirectory, version }: ServerPlace): string {
  const isRecoveryConf = version.capabilities.recoverySettingsIn === 'recovery.conf';
  return join(dataDirectory, isRecoveryConf ? 'recovery.conf' : 'standby.signal');
}
