/** Commits that wait for synchronous standbys, and what synchronous_standby_names means to each walsender. */
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
  try {
    await connection.query(sql, [], options);
  } catch (error) {
    // The block that it began stays open, as a failed one; a read-only server refuses the record.
    await connection.query('ROLLBACK', [], options).catch(() => undefined);
    throw error;
  }
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

/** Ends the walsenders of standbys by their names, which PostgreSQL compares without regard to case. */
export async function endWalSenders(
  connection: Connection,
  applicationNames: readonly string[],
  options: QueryOptions,
): Promise<void> {
  await connection.query(
    `SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_replication
      WHERE lower(application_name) = ANY ($1::text[])`,
    [applicationNames.map((name) => name.toLowerCase())],
    options,
  );
}

/** What the checkpointer waits for, such as CheckpointerMain where it has nothing to do (10+). */
export async function checkpointerWaitsFor(
  connection: Connection,
  options: QueryOptions,
): Promise<string | undefined> {
  if (!connection.version.capabilities.hasBackendType) return undefined;
  const [row] = await connection.query<{ wait_event: string | null }>(
    "SELECT wait_event FROM pg_catalog.pg_stat_activity WHERE backend_type = 'checkpointer'",
    [],
    options,
  );
  return row?.wait_event ?? undefined;
}

/** Before 9.6 there are no messages in the WAL; a table that is gone at the end writes some records too. */
function smallRecord({ version }: Connection): string {
  return version.capabilities.hasLogicalMessages
    ? "SELECT pg_catalog.pg_logical_emit_message(true, 'repmgr', '')"
    : 'CREATE TEMPORARY TABLE repmgr_small_record () ON COMMIT DROP';
}
