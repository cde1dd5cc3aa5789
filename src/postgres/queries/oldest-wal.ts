/** Which WAL a server still has for its standbys. */
import { parseWalSegmentName } from '../../model/wal-segment.ts';
import type { Lsn } from '../../model/lsn.ts';
import type { Connection, QueryOptions } from '../connection.ts';

/**
 * The first position of the oldest segment in pg_wal, on whichever timeline; undefined where there is none.
 * @throws RepmgrError query_failed where the role is neither superuser nor member of pg_monitor (before 10: superuser),
 *   query_timeout or connection_lost
 */
export async function oldestWal(
  connection: Connection,
  segmentBytes: number,
  options?: QueryOptions,
): Promise<Lsn | undefined> {
  const { hasWalDirectoryFunction, walNames } = connection.version.capabilities;
  const files = hasWalDirectoryFunction
    ? 'pg_catalog.pg_ls_waldir()'
    : `pg_catalog.pg_ls_dir('${walNames.directory}') AS files(name)`;
  const [row] = await connection.query<{ oldest: string | null }>(
    `SELECT min(substr(name, 9)) AS oldest FROM ${files} WHERE name ~ '^[0-9A-F]{24}$'`,
    [],
    options,
  );
  const oldest = row?.oldest ?? null;
  return oldest === null ? undefined : parseWalSegmentName(`00000001${oldest}`, segmentBytes)?.startLsn;
}
