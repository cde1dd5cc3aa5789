/** What stands between a standby and the end of its WAL: a pause by hand, and sessions that replay waits for. */
import type { Connection, QueryOptions } from '../connection.ts';

/** Lets replay go on where somebody paused it; a promotion before 13 would wait for that for ever. */
export async function resumeReplay(connection: Connection, options: QueryOptions): Promise<void> {
  const { isReplayPaused, replayResume } = connection.version.capabilities.walNames;
  await connection.query(
    `SELECT CASE WHEN pg_catalog.${isReplayPaused}() THEN pg_catalog.${replayResume}() END`,
    [],
    options,
  );
}

/** @returns how many sessions were ended; those of other roles only where this one may */
export async function endSessions(
  connection: Connection,
  pids: readonly number[],
  options: QueryOptions,
): Promise<number> {
  const [row] = await connection.query<{ ended: number }>(
    `SELECT count(*)::integer AS ended FROM unnest($1::integer[]) AS pid WHERE pg_catalog.pg_terminate_backend(pid)`,
    [pids],
    options,
  );
  return row?.ended ?? 0;
}
