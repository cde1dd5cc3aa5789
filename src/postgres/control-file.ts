/**
 * What pg_control says of a server that does not run: how it stopped, and how far its data surely reach.
 * See src/include/catalog/pg_control.h of PostgreSQL; the machine is taken for little-endian and 64 bits wide.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { failure } from '../errors.ts';
import { type Lsn, toLsn } from '../model/lsn.ts';
import { type TimelineId, toTimelineId } from '../model/timeline.ts';
import { createCrc32c } from './crc32c.ts';
import type { ServerVersion } from './version.ts';

/** In the order of PostgreSQL's numbers, from 0 on. */
const clusterStates = [
  'starting up',
  'shut down',
  'shut down in recovery',
  'shutting down',
  'in crash recovery',
  'in archive recovery',
  'in production',
] as const;

/** As pg_controldata words it. */
export type ClusterState = (typeof clusterStates)[number];

export interface ControlFile {
  readonly systemIdentifier: string;
  readonly state: ClusterState;
  /** Where the record of the last checkpoint (on a standby: restartpoint) begins, and its timeline. */
  readonly checkpointLsn: Lsn;
  readonly timelineId: TimelineId;
  /** Of a standby: how far the data files on disk had been brought; undefined on a primary. */
  readonly minimumRecoveryLsn: Lsn | undefined;
}

/**
 * Read it only while no server writes it.
 * @throws RepmgrError data_directory_unusable
 */
export async function readControlFile(dataDirectory: string, version: ServerVersion): Promise<ControlFile> {
  const path = join(dataDirectory, 'global', 'pg_control');
  const content = await readFile(path).catch((error: unknown) => {
    throw unreadable(path, error instanceof Error ? error.message : String(error));
  });
  const { checkpointCopyOffset, minimumRecoveryOffset } = version.capabilities.controlFileLayout;
  if (content.length < minimumRecoveryOffset + 8) throw unreadable(path, 'it is too short');
  const state = clusterStates[content.readUInt32LE(16)];
  const checkpointLsn = toLsn(content.readBigUInt64LE(32));
  const timelineId = toTimelineId(content.readUInt32LE(checkpointCopyOffset + 8));
  const minimumRecoveryLsn = toLsn(content.readBigUInt64LE(minimumRecoveryOffset));
  if (state === undefined || checkpointLsn === undefined || timelineId === undefined) {
    throw unreadable(path, 'its content makes no sense');
  }
  return {
    systemIdentifier: String(content.readBigUInt64LE(0)),
    state,
    checkpointLsn,
    timelineId,
    minimumRecoveryLsn: minimumRecoveryLsn === 0n ? undefined : minimumRecoveryLsn,
  };
}

/**
 * Whether a copy that was made of a running server's control file is one whole: it ends with a checksum of all that
 * stands before, at a place that moved between versions. For PostgreSQL 9.5 and later.
 * @throws the system's error
 */
export async function isControlFileWhole(dataDirectory: string): Promise<boolean> {
  const content = await readFile(join(dataDirectory, 'global', 'pg_control'));
  const checksum = await createCrc32c();
  for (let at = smallestControlBytes; at + 4 <= Math.min(content.length, controlSectorBytes); at += 4) {
    if (checksum.of(content.subarray(0, at)) === content.readUInt32LE(at)) return true;
  }
  return false;
}

/** What the server itself keeps to: pg_control fits into one sector of a disk. */
const controlSectorBytes = 512;
const smallestControlBytes = 200;

function unreadable(path: string, reason: string): Error {
  return failure('data_directory_unusable', {
    message: `the control file "${path}" cannot be read`,
    detail: `${reason}.`,
    hint: 'Name the data directory of this node with -D, or with "data_directory" in repmgr.conf.',
  });
}
