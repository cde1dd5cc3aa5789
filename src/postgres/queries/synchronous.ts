/** Commits that wait for standbys, commits that do not, and what synchronous_standby_names means to each standby. */
import { type Lsn, parseLsn } from '../../model/lsn.ts';
import type { Connection, QueryOptions } from '../connection.ts';

/** The process that serves this connection. */
export async function backendPid(connection: Connection, options?: QueryOptions): Promise<number> {
  const [row] = await connection.query<{ pid: number }>(
    'SELECT pg_catalog.pg_backend_pid() AS pid',
    [],
    options,
  );
  if (row === undefined) throw new Error('a SELECT without FROM gave no row');
  return row.pid;
}

/** A small commit that waits as a client's does; it ends when the standbys that it waits for have acknowledged it. */
export async function commitSynchronously(connection: Connection, options: QueryOptions): Promise<void> {
  const sql = `BEGIN; SET LOCAL synchronous_commit = on; ${smallRecord(connection)}; COMMIT`;
  await connection.query(sql, [], options);
}

/**
 * A small record of WAL, flushed to the local disk and waiting for nobody, also while commits are held.
 * @returns its end
 */
export async function writeSmallRecord(connection: Connection, options: QueryOptions): Promise<Lsn> {
  const { walNames } = connection.version.capabilities;
  // The sessions of this program have synchronous_commit=local: a commit that wrote something is flushed at once.
  const sql = `BEGIN; ${smallRecord(connection)}; COMMIT; SELECT pg_catalog.${walNames.currentFlushLsn}()::text AS lsn`;
  const [row] = await connection.query<{ lsn: string }>(sql, [], options);
  const lsn = parseLsn(row?.lsn ?? '');
  if (lsn === undefined) throw new Error('the server did not tell where its WAL ends');
  return lsn;
}

/** Whether the commit of a backend waits for synchronous standbys right now (9.6+). */
export async function isInSynchronousWait(
  connection: Connection,
  pid: number,
  options: QueryOptions,
): Promise<boolean> {
  const [row] = await connection.query<{ wait_event: string | null }>(
    'SELECT wait_event FROM pg_catalog.pg_stat_activity WHERE pid = $1',
    [pid],
    options,
  );
  return row?.wait_event === 'SyncRep';
}

export interface SynchronousPriority {
  readonly pid: number;
  readonly applicationName: string;
  /** 0: it is not named, as far as its walsender has read the settings. */
  readonly priority: number;
}

/** Of the standbys that are attached. */
export async function synchronousPriorities(
  connection: Connection,
  options: QueryOptions,
): Promise<readonly SynchronousPriority[]> {
  return await connection.query<SynchronousPriority>(
    `SELECT pid, application_name AS "applicationName", sync_priority AS priority
       FROM pg_catalog.pg_stat_replication WHERE state IN ('catchup', 'streaming')`,
    [],
    options,
  );
}

/** Before 9.6 there are no messages in the WAL; a table that is gone at the end writes some records too. */
function smallRecord({ version }: Connection): string {
  return version.capabilities.hasLogicalMessages
    ? "SELECT pg_catalog.pg_logical_emit_message(true, 'repmgr', '')"
    : 'CREATE TEMPORARY TABLE repmgr_small_record () ON COMMIT DROP';
}
