/** How far a standby is, as monitoring history wants to know it. */
import type { Connection, QueryOptions } from '../connection.ts';

/** Texts as PostgreSQL writes them, so that nothing is lost on their way to another server. */
export interface ReplayStatus {
  readonly isInRecovery: boolean;
  readonly now: string;
  readonly receivedLsn: string | undefined;
  readonly replayedLsn: string | undefined;
  /** When the last transaction that was replayed had been committed. */
  readonly lastCommitAt: string | undefined;
}

/** @throws RepmgrError query_failed, query_timeout or connection_lost */
export async function replayStatus(connection: Connection, options?: QueryOptions): Promise<ReplayStatus> {
  const { lastReceiveLsn, lastReplayLsn } = connection.version.capabilities.walNames;
  const [row] = await connection.query<{
    is_in_recovery: boolean;
    now: string;
    received: string | null;
    replayed: string | null;
    last_commit_at: string | null;
  }>(
    `SELECT pg_is_in_recovery() AS is_in_recovery, clock_timestamp()::text AS now,
            ${lastReceiveLsn}()::text AS received, ${lastReplayLsn}()::text AS replayed,
            pg_last_xact_replay_timestamp()::text AS last_commit_at`,
    [],
    options,
  );
  if (row === undefined) throw new Error('a SELECT without FROM gave no row');
  return {
    isInRecovery: row.is_in_recovery,
    now: row.now,
    receivedLsn: row.received ?? undefined,
    replayedLsn: row.replayed ?? undefined,
    lastCommitAt: row.last_commit_at ?? undefined,
  };
}
