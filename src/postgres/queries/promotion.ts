/** Promotes a standby by SQL, and tells how far it has come. */
import { type Lsn, parseLsn } from '../../model/lsn.ts';
import type { Connection, QueryOptions } from '../connection.ts';

/** Whether pg_promote() exists (PostgreSQL 12) and the role may call it; superusers may, others where it was granted. */
export async function mayPromoteBySql(connection: Connection): Promise<boolean> {
  if (!connection.version.capabilities.hasPromoteFunction) return false;
  const [row] = await connection.query<{ is_allowed: boolean }>(
    "SELECT has_function_privilege('pg_catalog.pg_promote(boolean, integer)', 'EXECUTE') AS is_allowed",
  );
  return row?.is_allowed === true;
}

/** Asks for the promotion and does not wait for it: PostgreSQL itself would look ten times a second only. */
export async function requestPromotion(connection: Connection, options: QueryOptions): Promise<boolean> {
  const [row] = await connection.query<{ is_requested: boolean }>(
    'SELECT pg_catalog.pg_promote(false) AS is_requested',
    [],
    options,
  );
  return row?.is_requested === true;
}

export type Writability = 'writable' | 'in recovery' | 'read only';

/** `read only`: no standby any more, but default_transaction_read_only is on. */
export async function writability(connection: Connection, options: QueryOptions): Promise<Writability> {
  const [row] = await connection.query<{ is_in_recovery: boolean; is_read_only: boolean }>(
    `SELECT pg_catalog.pg_is_in_recovery() AS is_in_recovery,
            pg_catalog.current_setting('default_transaction_read_only')::boolean AS is_read_only`,
    [],
    options,
  );
  if (row?.is_in_recovery !== false) return 'in recovery';
  return row.is_read_only ? 'read only' : 'writable';
}

export interface ReplayProgress {
  readonly receivedLsn: Lsn | undefined;
  readonly replayedLsn: Lsn | undefined;
  /** The wait event of the startup process, such as RecoveryConflictSnapshot; PostgreSQL 10 and later. */
  readonly waitsFor: string | undefined;
  /** Sessions whose snapshots may hold up the replay, the oldest first; as far as the role may see them. */
  readonly snapshotHolders: readonly number[];
}

export async function replayProgress(connection: Connection, options: QueryOptions): Promise<ReplayProgress> {
  const { walNames, hasBackendType } = connection.version.capabilities;
  const [row] = await connection.query<{
    received: string | null;
    replayed: string | null;
    waits_for: string | null;
    snapshot_holders: number[] | null;
  }>(
    `SELECT pg_catalog.${walNames.lastReceiveLsn}()::text AS received,
            pg_catalog.${walNames.lastReplayLsn}()::text AS replayed,
            ${hasBackendType ? "(SELECT wait_event FROM pg_catalog.pg_stat_activity WHERE backend_type = 'startup')" : 'NULL'} AS waits_for,
            (SELECT array_agg(pid ORDER BY xact_start)
               FROM pg_catalog.pg_stat_activity
              WHERE pid <> pg_catalog.pg_backend_pid() AND xact_start IS NOT NULL
                    ${hasBackendType ? "AND backend_type = 'client backend'" : ''}) AS snapshot_holders`,
    [],
    options,
  );
  return {
    receivedLsn: parseLsn(row?.received ?? ''),
    replayedLsn: parseLsn(row?.replayed ?? ''),
    waitsFor: row?.waits_for ?? undefined,
    snapshotHolders: row?.snapshot_holders ?? [],
  };
}
