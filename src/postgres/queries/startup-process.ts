/** The process that replays WAL on a standby, as other sessions see it. */
import type { Connection, QueryOptions } from '../connection.ts';

export interface StartupProcess {
  readonly pid: number;
  /** Its wait event; undefined where it waits for nothing, or the role may not see it. */
  readonly waitsFor: string | undefined;
  /** wal_retrieve_retry_interval, as this session has it since the last reload. */
  readonly retryPause: string;
}

/** PostgreSQL 10 and later. @returns undefined on a primary */
export async function startupProcess(
  connection: Connection,
  options: QueryOptions,
): Promise<StartupProcess | undefined> {
  const [row] = await connection.query<{ pid: number; waits_for: string | null; retry_pause: string }>(
    `SELECT pid, wait_event AS waits_for, current_setting('wal_retrieve_retry_interval') AS retry_pause
       FROM pg_catalog.pg_stat_activity WHERE backend_type = 'startup'`,
    [],
    options,
  );
  return row && { pid: row.pid, waitsFor: row.waits_for ?? undefined, retryPause: row.retry_pause };
}
