/** A small commit that must reach the disk, by which repmgrd tells that WAL moves. */
import { type Lsn, parseLsn } from '../../model/lsn.ts';
import type { Connection, QueryOptions } from '../connection.ts';

/**
 * Writes a small record of WAL and waits until it is flushed, whatever synchronous standbys do: sessions of ours
 * commit locally. A message that is not transactional would wait for the WAL writer.
 * @returns where the record ends, or a little behind
 * @throws RepmgrError query_failed, query_timeout or connection_lost
 */
export async function flushSmallRecord(connection: Connection, options?: QueryOptions): Promise<Lsn> {
  const { hasLogicalMessages, walNames } = connection.version.capabilities;
  // A transaction that has a number and wrote WAL is flushed at its end.
  const record = hasLogicalMessages
    ? "pg_logical_emit_message(true, 'repmgr', '')"
    : "txid_current(), pg_create_restore_point('repmgr')";
  await connection.query(`SELECT ${record}`, [], options);
  const [row] = await connection.query<{ lsn: string }>(
    `SELECT ${walNames.currentFlushLsn}()::text AS lsn`,
    [],
    options,
  );
  return parseLsn(row?.lsn ?? '') ?? (0n as Lsn);
}
