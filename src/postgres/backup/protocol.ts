/**
 * A base backup by the streaming replication protocol itself: needs no PostgreSQL program on this host.
 * The copy is verified against the manifest (13+) while it is written.
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { failure, RepmgrError } from '../../errors.ts';
import { limits } from '../../limits.ts';
import type { Conninfo } from '../../model/conninfo.ts';
import { writeDurably } from '../../system/durable-file.ts';
import { openReplicationConnection, type ReplicationConnection } from '../replication-connection.ts';
import { type BackupWriter, createBackupWriter, type Tablespace } from './backup-writer.ts';
import { baseBackupCommand, createBaseBackupStream } from './base-backup-stream.ts';
import { type ChecksumThread, startChecksumThread } from './checksum-thread.ts';
import { compareWithManifest, parseManifest } from './manifest.ts';

export interface ProtocolBackup {
  readonly source: Conninfo;
  /** Exists and is empty. */
  readonly dataDirectory: string;
  /** By location on the source. */
  readonly tablespaces: readonly TablespaceCopy[];
  readonly label: string;
  readonly isCheckpointFast: boolean;
  /** Keep the source's WAL by a temporary slot of this backup; false where another slot of ours keeps it already. */
  readonly usesTemporarySlot: boolean;
  onStart(totalBytes: number): void;
  onProgress(receivedBytes: number): void;
  readonly signal: AbortSignal;
}

/** One tablespace outside of the data directory. */
export interface TablespaceCopy {
  /** Its location on the source. */
  readonly from: string;
  /** Where its files are written and its link leads to; exists and is empty. */
  readonly workplace: string;
}

export interface ProtocolBackupResult {
  readonly receivedBytes: number;
  /** Undefined where the server makes no manifest (10 to 12). */
  readonly verifiedFiles: number | undefined;
}

/**
 * Takes a base backup with the WAL that it needs. A temporary slot on the same connection holds that WAL on the
 * source from before the checkpoint on, so no segment can vanish in between.
 * @throws RepmgrError base_backup_failed, backup_verification_failed, connection_lost
 */
export async function takeBackupByProtocol(backup: ProtocolBackup): Promise<ProtocolBackupResult> {
  const connection = await openReplicationConnection(backup.source, { signal: backup.signal });
  const checksums = startChecksumThread();
  let writer: BackupWriter | undefined;
  try {
    if (backup.usesTemporarySlot) {
      await keepWal(connection);
    }
    return await receive({ connection, checksums }, backup, (created) => {
      writer = created;
    });
  } catch (error) {
    await writer?.abandon();
    throw asBackupFailure(error, backup.signal);
  } finally {
    await Promise.all([checksums.end(), connection.close()]);
  }
}

interface Means {
  readonly connection: ReplicationConnection;
  readonly checksums: ChecksumThread;
}

async function receive(
  { connection, checksums }: Means,
  backup: ProtocolBackup,
  onWriter: (writer: BackupWriter) => void,
): Promise<ProtocolBackupResult> {
  let receivedBytes = 0;
  let writer: BackupWriter | undefined;
  const stream = createBaseBackupStream(connection.version, {
    onTablespaces: ({ totalBytes, tablespaces }) => {
      backup.onStart(totalBytes);
      return tablespaces.map(({ oid, location }) => mapTablespace(oid, location, backup.tablespaces));
    },
    createWriter: (tablespaces) => {
      writer = createBackupWriter(backup.dataDirectory, tablespaces, checksums);
      onWriter(writer);
      return writer;
    },
    onProgress: (bytes) => {
      receivedBytes = bytes;
      backup.onProgress(bytes);
    },
  });
  const { label, isCheckpointFast } = backup;
  await connection.runReplicationCommand(baseBackupCommand(connection.version, { label, isCheckpointFast }), {
    onResultSet: (rows) => stream.onResultSet(rows),
    onCopyStart: () => stream.onCopyStart(),
    onCopyData: (piece, isStartOfMessage) => stream.onCopyData(piece, isStartOfMessage),
    signal: backup.signal,
    firstAnswerMs: limits.baseBackupStartMs,
    silenceMs: limits.baseBackupSilenceMs,
  });
  const { manifest } = stream.end();
  const verifiedFiles = await finish(backup, writer, manifest);
  return { receivedBytes, verifiedFiles };
}

async function finish(
  backup: ProtocolBackup,
  writer: BackupWriter | undefined,
  manifest: string | undefined,
): Promise<number | undefined> {
  const written = (await writer?.finish(backup.signal)) ?? new Map();
  if (manifest === undefined) {
    return undefined;
  }
  let wrong: string[];
  try {
    wrong = compareWithManifest(parseManifest(manifest), written);
  } catch (error) {
    wrong = [`${error instanceof Error ? error.message : String(error)}.`];
  }
  if (wrong.length > 0) {
    throw failure('backup_verification_failed', {
      message: 'the copy does not agree with the manifest of the base backup',
      detail: wrong.slice(0, 5).join(' '),
      hint: 'Clone again; if it happens again, check network, memory and disks of both hosts.',
    });
  }
  await writeDurably(join(backup.dataDirectory, 'backup_manifest'), manifest, { mode: 0o600 });
  return written.size;
}

async function keepWal(connection: ReplicationConnection): Promise<void> {
  // Two hosts may clone from one source at the same time.
  const name = `repmgr_clone_${randomBytes(6).toString('hex')}`;
  await connection.runReplicationCommand(
    `CREATE_REPLICATION_SLOT "${name}" TEMPORARY PHYSICAL RESERVE_WAL`,
    {},
  );
}

function mapTablespace(oid: string, sourceLocation: string, copies: readonly TablespaceCopy[]): Tablespace {
  const isInPlace = !sourceLocation.startsWith('/');
  const copy = copies.find(({ from }) => from === sourceLocation);
  if (copy === undefined && !isInPlace) {
    throw new Error(`the source has got a tablespace in "${sourceLocation}" since the clone was planned`);
  }
  return { oid, sourceLocation, directory: copy?.workplace ?? sourceLocation };
}

function asBackupFailure(error: unknown, signal: AbortSignal): unknown {
  if (signal.aborted || (error instanceof RepmgrError && error.code === 'backup_verification_failed')) {
    return error;
  }
  const lost = error instanceof RepmgrError && error.code === 'connection_lost';
  return failure('base_backup_failed', {
    message: lost ? 'the source broke off the base backup' : 'the base backup failed',
    detail:
      error instanceof RepmgrError ? [error.message, error.detail].filter(Boolean).join(': ') : String(error),
    hint: hintFor(error, lost),
    cause: error,
  });
}

function hintFor(error: unknown, isLost: boolean): string {
  if (isLost) return 'Look into the log of the source server; clone again when it is back.';
  const isFull = error instanceof Error && 'code' in error && error.code === 'ENOSPC';
  return isFull
    ? 'Make room on this host, then clone again.'
    : 'Look into the log of the source server and check permissions here, then clone again.';
}
