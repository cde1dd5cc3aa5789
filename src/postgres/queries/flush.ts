/** A small commit that must reach the disk, by which repmgrd tells that WAL moves. */
import { type Lsn, parseLsn } from '../../model/lsn.ts';
import type { Connection, QueryOptions } from '../connection.ts';

/** What was flushed by a small commit. */
export interface FlushedRecord {
  /** All WAL up to here is on disk. */
  readonly flushedLsn: Lsn;
  /** Where a record ends that lies before that; undefined before 9.6. */
  readonly recordEnd: Lsn | undefined;
}

/**
 * Writes a small record of WAL and waits until it is flushed, whatever synchronous standbys do: sessions of ours
 * commit locally. A message that is not transactional would wait for the WAL writer.
 * @throws RepmgrError query_failed, query_timeout or connection_lost
 */
export async function flushSmallRecord(
  connection: Connection,
  options?: QueryOptions,
): Promise<FlushedRecord> {
  const recordEnd = await commitSmallRecord(connection, options);
  const { walNames } = connection.version.capabilities;
  const [row] = await connection.query<{ lsn: string }>(
    `SELECT ${walNames.currentFlushLsn}()::text AS lsn`,
    [],
    options,
  );
  return { flushedLsn: parseLsn(row?.lsn ?? '') ?? (0n as Lsn), recordEnd };
}

/**
 * The same in one statement.
 * @returns where a record ends that is on disk now; undefined before 9.6
 * @throws RepmgrError query_failed, query_timeout or connection_lost
 */
export async function commitSmallRecord(
  connection: Connection,
  options?: QueryOptions,
): Promise<Lsn | undefined> {
  // A transaction that has a number and wrote WAL is flushed at its end.
  const record = connection.version.capabilities.hasLogicalMessages
    ? "pg_logical_emit_message(true, 'repmgr', '')::text AS lsn"
    : "NULL::text AS lsn, txid_current(), pg_create_restore_point('repmgr')";
  const [written] = await connection.query<{ lsn: string | null }>(`SELECT ${record}`, [], options);
  return parseLsn(written?.lsn ?? '');
}
