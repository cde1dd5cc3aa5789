/** A server whose postmaster is gone, or about to be: its files say how it ended. */
import type { ServerObservation } from '../../failover/server-observation.ts';
import { limits } from '../../limits.ts';
import { readControlFile } from '../../postgres/control-file.ts';
import { findPostmaster, type Postmaster } from '../../postgres/postmaster.ts';
import { waitUntil } from '../../system/clock.ts';
import { unknownEnd, type WalEndReader } from './end-of-wal.ts';
import { observationOfFiles } from './observation.ts';
import { readDirectoryMark, readSettingsInFiles } from './server-files.ts';
import type { ServerPlace } from './server-place.ts';

/**
 * A session that ends unasked mostly means that its postmaster is ending, too, and gone a moment later.
 * @returns the postmaster that is still there after that moment
 */
export async function findAfterLoss({ dataDirectory }: ServerPlace): Promise<Postmaster | undefined> {
  let found: Postmaster | undefined;
  const isGone = async (): Promise<true | undefined> => {
    found = await findPostmaster(dataDirectory).catch(() => undefined);
    return found === undefined ? true : undefined;
  };
  await waitUntil(isGone, { deadlineMs: limits.endingPostmasterMs, intervalMs: limits.endingLookMs });
  return found;
}

/** No postmaster: the control file says how it ended. What cannot be read is not known. */
export async function observeEnded(
  place: ServerPlace,
  walEnd: WalEndReader,
  last: ServerObservation | undefined,
): Promise<ServerObservation> {
  const control = await readControlFile(place.dataDirectory, place.version).catch(() => undefined);
  const isShutDown = control?.state === 'shut down' || control?.state === 'shut down in recovery';
  const [settings, end, directory] = await Promise.all([
    readSettingsInFiles(place),
    control === undefined ? unknownEnd : walEnd.ofStopped(control),
    readDirectoryMark(place),
  ]);
  return {
    ...observationOfFiles(settings, last),
    ...end,
    ...directory,
    condition: isShutDown ? 'shutDown' : 'crashed',
    postmaster: null,
  };
}
