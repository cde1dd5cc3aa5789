/**
 * A standby with hot_standby=off: it streams and replays, and lets nobody in before it is promoted. Its files
 * tell it from one that starts.
 */
import { readControlFile } from './control-file.ts';
import type { Postmaster } from './postmaster.ts';
import type { ServerVersion } from './version.ts';

/** PostgreSQL 10 and later; earlier ones do not tell it from one that starts. */
export async function isClosedStandby(
  place: { readonly dataDirectory: string; readonly version: ServerVersion },
  { lockFile }: Postmaster,
): Promise<boolean> {
  if (lockFile.status !== 'standby') return false;
  // In crash recovery a primary has that status too.
  const control = await readControlFile(place.dataDirectory, place.version).catch(() => undefined);
  return control?.state === 'in archive recovery';
}
