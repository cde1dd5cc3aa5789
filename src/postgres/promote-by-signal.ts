/** Promotes a standby as pg_ctl does, without running it: a file says what the signal is for. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * It cannot be recalled: PostgreSQL first replays all WAL that is there.
 * @param isStillWanted looked at when all but the signal is done
 * @returns whether the signal was sent
 * @throws the system's error
 */
export async function promoteBySignal(
  dataDirectory: string,
  postmasterPid: number,
  isStillWanted: () => boolean,
): Promise<boolean> {
  await writeFile(join(dataDirectory, 'promote'), '', { mode: 0o600 });
  if (!isStillWanted()) return false;
  process.kill(postmasterPid, 'SIGUSR1');
  return true;
}
