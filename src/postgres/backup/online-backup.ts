/**
 * A base backup whose files somebody else copies: PostgreSQL is told that it begins and that it is over. From 9.6 on
 * it is non-exclusive and lives as long as its connection; before, it is exclusive, and ends only when it is ended.
 * See https://www.postgresql.org/docs/current/continuous-archiving.html#BACKUP-LOWLEVEL-BASE-BACKUP
 */
import { randomBytes } from 'node:crypto';
import { failure, RepmgrError } from '../../errors.ts';
import { limits } from '../../limits.ts';
import { type Lsn, parseLsn } from '../../model/lsn.ts';
import type { Connection } from '../connection.ts';
import type { Capabilities } from '../version.ts';

export interface OnlineBackupWish {
  /** Shows in backup_label. */
  readonly label: string;
  readonly isCheckpointFast: boolean;
  /** Keep WAL by a slot that ends with the connection, from before the checkpoint on (10+). */
  readonly usesTemporarySlot: boolean;
  readonly signal: AbortSignal;
}

/** What belongs to the copy beside its files. */
export interface BackupEnd {
  /** With the WAL as far as here the copy is consistent. */
  readonly stopLsn: Lsn;
  readonly backupLabel: string;
  /** Undefined where there are no tablespaces to be linked, and before 9.5. */
  readonly tablespaceMap: string | undefined;
}

/** @throws RepmgrError base_backup_failed, interrupted */
export async function beginOnlineBackup(
  connection: Connection,
  { label, isCheckpointFast, usesTemporarySlot, signal }: OnlineBackupWish,
): Promise<void> {
  try {
    await liftTimeouts(connection);
    if (usesTemporarySlot) {
      // Two hosts may clone from one source at the same time.
      await connection.query('SELECT pg_catalog.pg_create_physical_replication_slot($1, true, true)', [
        `repmgr_clone_${randomBytes(6).toString('hex')}`,
      ]);
    }
    await connection.query(
      `SELECT ${beginCalls[connection.version.capabilities.backupApi]}`,
      [label, isCheckpointFast],
      { deadlineMs: limits.baseBackupStartMs, signal },
    );
  } catch (error) {
    throw asBackupFailure(error, signal, 'could not begin', hintForBegin(error));
  }
}

const beginCalls: Readonly<Record<Capabilities['backupApi'], string>> = {
  exclusive: 'pg_catalog.pg_start_backup($1, $2)',
  start_stop: 'pg_catalog.pg_start_backup($1, $2, false)',
  backup_start: 'pg_catalog.pg_backup_start($1, $2)',
};

/**
 * Ends the backup once all files were copied, pg_control as the last of them. WAL is not waited for to be archived,
 * since the copy gets its own.
 * @throws RepmgrError base_backup_failed, interrupted
 */
export async function endOnlineBackup(connection: Connection, signal: AbortSignal): Promise<BackupEnd> {
  const { backupApi } = connection.version.capabilities;
  try {
    return backupApi === 'exclusive'
      ? await endExclusive(connection, signal)
      : await endNonExclusive(connection, signal);
  } catch (error) {
    const hint = 'Look into the log of the source server, then clone again.';
    throw asBackupFailure(error, signal, 'could not be ended', hint);
  }
}

/**
 * Ends a backup that is of no use any more. A non-exclusive one ends when its connection is closed.
 * @returns why an exclusive one still goes on; undefined where none does
 */
export async function abandonOnlineBackup(connection: Connection): Promise<RepmgrError | undefined> {
  if (connection.version.capabilities.backupApi !== 'exclusive') return undefined;
  try {
    await connection.query('SELECT pg_catalog.pg_stop_backup()', [], { deadlineMs: limits.backupStopMs });
    return undefined;
  } catch (error) {
    if (error instanceof RepmgrError) return error;
    throw error;
  }
}

async function endNonExclusive(connection: Connection, signal: AbortSignal): Promise<BackupEnd> {
  const { backupApi, canStopBackupBeforeArchiving } = connection.version.capabilities;
  const call =
    backupApi === 'backup_start'
      ? 'pg_backup_stop(false)'
      : `pg_stop_backup(false${canStopBackupBeforeArchiving ? ', false' : ''})`;
  const [row] = await connection.query<{ lsn: string; labelfile: string; spcmapfile: string }>(
    `SELECT lsn::text AS lsn, labelfile, spcmapfile FROM pg_catalog.${call}`,
    [],
    { deadlineMs: limits.backupStopMs, signal },
  );
  return {
    stopLsn: lsnOf(row?.lsn),
    backupLabel: row?.labelfile ?? '',
    tablespaceMap: row?.spcmapfile || undefined,
  };
}

/** The files lie in the data directory of the source until the backup is ended. */
async function endExclusive(connection: Connection, signal: AbortSignal): Promise<BackupEnd> {
  const [files] = await connection.query<{ label: string; map: string | null }>(
    `SELECT pg_catalog.pg_read_file('backup_label') AS label,
            (SELECT pg_catalog.pg_read_file(name) FROM pg_catalog.pg_ls_dir('.') AS name
              WHERE name = 'tablespace_map') AS map`,
  );
  const [row] = await connection.query<{ lsn: string }>(
    'SELECT pg_catalog.pg_stop_backup()::text AS lsn',
    [],
    { deadlineMs: limits.backupStopMs, signal },
  );
  return {
    stopLsn: lsnOf(row?.lsn),
    backupLabel: files?.label ?? '',
    tablespaceMap: files?.map ?? undefined,
  };
}

/** A copy takes longer than any role or server may wait otherwise, and the connection is idle meanwhile. */
async function liftTimeouts(connection: Connection): Promise<void> {
  await connection.query(
    `SELECT pg_catalog.set_config(name, '0', false) FROM pg_catalog.pg_settings
      WHERE name IN ('statement_timeout', 'idle_session_timeout')`,
  );
}

function lsnOf(text: string | undefined): Lsn {
  const lsn = text === undefined ? undefined : parseLsn(text);
  if (lsn === undefined) throw new Error(`"${text}" is no WAL position`);
  return lsn;
}

function asBackupFailure(error: unknown, signal: AbortSignal, what: string, hint: string): unknown {
  if (!(error instanceof RepmgrError) || signal.aborted) return error;
  return failure('base_backup_failed', {
    message: `the backup ${what} on the source`,
    detail: [error.message, error.detail].filter(Boolean).join(': '),
    hint,
    cause: error,
  });
}

function hintForBegin(error: unknown): string {
  const text = error instanceof RepmgrError ? `${error.message} ${error.detail ?? ''}` : '';
  return /already in progress/.test(text)
    ? 'If no other backup is being made: SELECT pg_stop_backup(); on the source, then clone again.'
    : 'Look into the log of the source server, then clone again.';
}
