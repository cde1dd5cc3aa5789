/** The shortest question to a server: does it accept writes, and which instance is it. */
import type { Connection, QueryOptions } from '../connection.ts';

export interface RecoveryState {
  readonly isInRecovery: boolean;
  /** Start time and port: two answers with the same are from one running server. */
  readonly instance: string;
}

/** @throws RepmgrError query_failed, query_timeout or connection_lost */
export async function recoveryState(connection: Connection, options?: QueryOptions): Promise<RecoveryState> {
  const [row] = await connection.query<{ is_in_recovery: boolean; instance: string }>(
    `SELECT pg_is_in_recovery() AS is_in_recovery,
            extract(epoch FROM pg_postmaster_start_time())::text || ' ' || current_setting('port') AS instance`,
    [],
    options,
  );
  if (row === undefined) throw new Error('a SELECT without FROM gave no row');
  return { isInRecovery: row.is_in_recovery, instance: row.instance };
}
