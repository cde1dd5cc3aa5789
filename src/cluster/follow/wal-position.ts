/** How far the WAL of the local server reaches, and on which timelines it came there. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Lsn, laterLsn } from '../../model/lsn.ts';
import {
  historyFileName,
  parseTimelineHistory,
  type TimelineHistory,
  type TimelineId,
} from '../../model/timeline.ts';
import type { Connection } from '../../postgres/connection.ts';
import type { ControlFile } from '../../postgres/control-file.ts';
import { currentTimeline, walPositions } from '../../postgres/queries/server.ts';
import type { ServerVersion } from '../../postgres/version.ts';
import { findWalEnd, type WalEnd } from '../../postgres/wal-end.ts';

export interface WalPosition {
  readonly timelineId: TimelineId;
  readonly lsn: Lsn;
  /** Of `timelineId`; undefined where its history file is not there. */
  readonly history: TimelineHistory | undefined;
}

interface WalPlace {
  readonly dataDirectory: string;
  readonly version: ServerVersion;
}

/**
 * Of a running standby: the end of the complete records that it holds; without WAL files that can be read, the later one
 * of what it has received and replayed.
 * @returns undefined where nobody can tell
 */
export async function positionOfRunning(
  connection: Connection,
  place: WalPlace,
): Promise<WalPosition | undefined> {
  const { receivedLsn, replayedLsn } = await walPositions(connection);
  const reached = replayedLsn ?? receivedLsn;
  if (reached === undefined) return undefined;
  const end = await walEnd(place, reached);
  if (end !== undefined) return withHistory(place, end);
  const timelineId = await currentTimeline(connection);
  const lsn = receivedLsn === undefined ? reached : laterLsn(reached, receivedLsn);
  return timelineId === undefined ? undefined : withHistory(place, { timelineId, lsn });
}

/**
 * Of a server that does not run: the end of the complete records on its disk. Without WAL files that can be read, the
 * control file tells enough of one that was shut down in good order.
 * @returns undefined where nobody can tell
 */
export async function positionOfStopped(
  control: ControlFile,
  place: WalPlace,
): Promise<WalPosition | undefined> {
  const { checkpointLsn, minimumRecoveryLsn, timelineId, state } = control;
  const reached =
    minimumRecoveryLsn === undefined ? checkpointLsn : laterLsn(checkpointLsn, minimumRecoveryLsn);
  const end = await walEnd(place, reached);
  if (end !== undefined) return withHistory(place, end);
  if (state === 'shut down in recovery') return withHistory(place, { timelineId, lsn: reached });
  // The record of the shutdown is the last one; it begins where the control file says, and ends a little later.
  if (state === 'shut down') {
    return withHistory(place, { timelineId, lsn: (checkpointLsn + 1n) as Lsn });
  }
  return undefined;
}

async function walEnd({ dataDirectory, version }: WalPlace, reached: Lsn): Promise<WalEnd | undefined> {
  const { hasCurrentWalRecords, walNames } = version.capabilities;
  return hasCurrentWalRecords ? findWalEnd(join(dataDirectory, walNames.directory), reached) : undefined;
}

async function withHistory({ dataDirectory, version }: WalPlace, end: WalEnd): Promise<WalPosition> {
  if (end.timelineId === 1) return { ...end, history: [] };
  const directory = join(dataDirectory, version.capabilities.walNames.directory);
  const text = await readFile(join(directory, historyFileName(end.timelineId)), 'utf8').catch(
    () => undefined,
  );
  return { ...end, history: text === undefined ? undefined : parseTimelineHistory(text) };
}
