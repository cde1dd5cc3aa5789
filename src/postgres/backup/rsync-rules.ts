/**
 * What of a data directory is copied by rsync, as its filter rules; of several that match the first one counts. Pure.
 * The lists are those of PostgreSQL's own base backup.
 * See https://www.postgresql.org/docs/current/continuous-archiving.html#BACKUP-LOWLEVEL-BASE-BACKUP-DATA
 */
import type { Lsn } from '../../model/lsn.ts';
import { walSegmentName } from '../../model/wal-segment.ts';
import type { TimelineId } from '../../model/timeline.ts';
import type { ServerVersion } from '../version.ts';

/** What a server fills anew at its start; it must find them there, empty. */
const emptiedDirectories = [
  'pg_dynshmem',
  'pg_notify',
  'pg_replslot',
  'pg_serial',
  'pg_snapshots',
  'pg_stat_tmp',
  'pg_subtrans',
];

/** Of the running server, of its recovery, or of another backup. */
const excludedFiles = [
  '/postmaster.pid',
  '/postmaster.opts',
  '/current_logfiles',
  '/current_logfiles.tmp',
  '/postgresql.auto.conf.tmp',
  '/backup_label',
  '/backup_label.old',
  '/backup_manifest',
  '/tablespace_map',
  '/tablespace_map.old',
  '/recovery.conf',
  '/recovery.done',
  '/recovery.signal',
  '/standby.signal',
  '/repmgr_clone_*',
  '/lost+found',
  'pg_internal.init*',
  'pgsql_tmp*',
];

/** Made by hand beside what rsync copies. */
export function directoriesToMake(version: ServerVersion): readonly string[] {
  return [...emptiedDirectories, version.capabilities.walNames.directory];
}

/**
 * Of the data directory itself: all but WAL, pg_control, tablespaces elsewhere, and what no copy needs.
 * @param logDirectory log_directory of the source; undefined where it is not shown
 */
export function dataDirectoryRules(version: ServerVersion, logDirectory: string | undefined): string[] {
  const logs = ['log', 'pg_log', ...(logDirectory === undefined ? [] : [logDirectory])];
  const logsInside = new Set(logs.filter((name) => !name.startsWith('/') && !name.startsWith('..')));
  return [
    ...directoriesToMake(version).map((name) => `- /${name}`),
    ...[...logsInside].map((name) => `- /${name}`),
    ...excludedFiles.map((name) => `- ${name}`),
    '- /global/pg_control',
    // A tablespace within the data directory (allow_in_place_tablespaces) is a directory, any other one a link.
    '+ /pg_tblspc/*/',
    '- /pg_tblspc/*',
  ];
}

/** Of the directory of a tablespace, in which other versions may have some of their own. */
export function tablespaceRules({ major }: ServerVersion): string[] {
  return [`+ /PG_${major}_*/`, '- /*', '- pgsql_tmp*'];
}

export const controlFileRules: readonly string[] = ['+ /global/', '+ /global/pg_control', '- *'];

/** The WAL from the first to the last position that a copy needs, on whatever timeline, and all histories. */
export function walRules(segments: readonly string[]): string[] {
  return [...segments.map((name) => `+ /????????${name.slice(8)}`), '+ /*.history', '- *'];
}

/** Names of all segments from `first` to the one that ends at `stop`. */
export function segmentsBetween(
  timelineId: TimelineId,
  first: Lsn,
  stop: Lsn,
  segmentBytes: number,
): readonly string[] {
  const names: string[] = [];
  for (let at: bigint = first; at < stop; at += BigInt(segmentBytes)) {
    names.push(walSegmentName(timelineId, at as Lsn, segmentBytes));
  }
  return names;
}
