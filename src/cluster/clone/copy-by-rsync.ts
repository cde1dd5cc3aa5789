/**
 * Copies the source by rsync while PostgreSQL there is told that a backup is made. A temporary slot on the connection of
 * the backup keeps the WAL of that time, which is copied last.
 */
import { mkdir, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { failure } from '../../errors.ts';
import { limits } from '../../limits.ts';
import { mapTablespaces } from '../../postgres/backup/backup-label.ts';
import {
  abandonOnlineBackup,
  type BackupEnd,
  beginOnlineBackup,
  endOnlineBackup,
} from '../../postgres/backup/online-backup.ts';
import {
  controlFileRules,
  dataDirectoryRules,
  directoriesToMake,
  tablespaceRules,
} from '../../postgres/backup/rsync-rules.ts';
import { connect, type Connection } from '../../postgres/connection.ts';
import { isControlFileWhole, readControlFile } from '../../postgres/control-file.ts';
import { tablespaceLinks, type TablespaceLink } from '../../postgres/queries/tablespaces.ts';
import { writeDurably } from '../../system/durable-file.ts';
import { flushTree } from '../../system/flush-tree.ts';
import { whileConnected } from './backup-watch.ts';
import type { CloneContext } from './context.ts';
import { copyWal } from './copy-wal.ts';
import type { CopyPlace } from './copy-place.ts';
import type { ClonePlaces } from './places.ts';
import type { PlannedRsync } from './plan-rsync.ts';
import { createRsyncWork, type RsyncWork } from './rsync-work.ts';

/**
 * @throws RepmgrError base_backup_failed, backup_label_unreadable, rsync_failed, of the codes `ssh_...`, of connecting,
 *   interrupted
 */
export async function copyWithRsync(
  context: CloneContext,
  places: ClonePlaces,
  method: PlannedRsync,
): Promise<void> {
  const { wish, signal } = context;
  const work = createRsyncWork(context, places, method);
  const connection = await connect(wish.source, { signal });
  try {
    const { end, links } = await backUp(connection, work);
    await whileConnected(connection, signal, (watched) => copyWal(work, end, watched));
    await writeBackupFiles(work, end, links);
  } finally {
    // With it a temporary slot ends, and a backup that was given up.
    await connection.close();
  }
  for (const { workplace } of places.all) await flushTree(workplace, signal);
}

async function backUp(
  connection: Connection,
  work: RsyncWork,
): Promise<{ readonly end: BackupEnd; readonly links: readonly TablespaceLink[] }> {
  const { wish, signal, log } = work.context;
  await beginOnlineBackup(connection, {
    label: 'repmgr base backup',
    isCheckpointFast: wish.copy.isCheckpointFast,
    usesTemporarySlot: work.method.usesTemporarySlot,
    signal,
  });
  try {
    const links = await tablespaceLinks(connection);
    await whileConnected(connection, signal, (watched) => copyFiles(work, links, watched));
    return { links, end: await endOnlineBackup(connection, signal) };
  } catch (error) {
    const reason = await abandonOnlineBackup(connection);
    if (reason !== undefined) {
      log.warning('the backup on the source may still go on', {
        detail: [reason.message, reason.detail].filter(Boolean).join(': '),
        hint: 'End it there: SELECT pg_stop_backup();',
      });
    }
    throw error;
  }
}

async function copyFiles(
  work: RsyncWork,
  links: readonly TablespaceLink[],
  signal: AbortSignal,
): Promise<void> {
  const { places, method, context } = work;
  const { version, settings } = context.facts.source;
  refuseNewTablespaces(places, links);
  await work.copy(
    {
      from: method.sourceDirectory,
      to: places.main.workplace,
      rules: dataDirectoryRules(version, settings['log_directory']),
      sameFilesIn: await oldContent(places.main),
    },
    signal,
  );
  for (const { from, workplace, ...place } of places.tablespaces) {
    const sameFilesIn = await oldContent({ workplace, ...place });
    await work.copy({ from, to: workplace, rules: tablespaceRules(version), sameFilesIn }, signal);
  }
  await makeDirectoriesAndLinks(work, links);
  await copyControlFile(work, signal);
}

/** What the clone replaces, where it replaces something. */
async function oldContent({ replaced }: CopyPlace): Promise<string | undefined> {
  return await stat(replaced).then(
    () => replaced,
    () => undefined,
  );
}

function refuseNewTablespaces({ tablespaces }: ClonePlaces, links: readonly TablespaceLink[]): void {
  const added = links.find(({ location }) => !tablespaces.some(({ from }) => from === location));
  if (added === undefined) return;
  throw failure('base_backup_failed', {
    message: `the source has got a tablespace in "${added.location}" since the clone was planned`,
    detail: 'Nobody has looked where it could go on this host.',
    hint: 'Clone again.',
  });
}

/** Links lead to where the copy is made, until all is put in place. */
async function makeDirectoriesAndLinks(
  { places: { main, tablespaces, wal }, context }: RsyncWork,
  links: readonly TablespaceLink[],
): Promise<void> {
  const { version } = context.facts.source;
  const { directory: walName } = version.capabilities.walNames;
  for (const name of directoriesToMake(version)) {
    if (name === walName && wal !== undefined) await symlink(wal.workplace, join(main.workplace, name));
    else await mkdir(join(main.workplace, name), { mode: 0o700 });
  }
  for (const { oid, location } of links) {
    const place = tablespaces.find(({ from }) => from === location);
    if (place !== undefined) await symlink(place.workplace, join(main.workplace, 'pg_tblspc', oid));
  }
}

/** The last file of the backup, as a standby needs it: up to the position in it the copy is not consistent. */
async function copyControlFile(work: RsyncWork, signal: AbortSignal): Promise<void> {
  const { places, method, context } = work;
  const { source } = context.facts;
  const { workplace } = places.main;
  for (let copies = 0; copies < limits.controlFileCopies; copies += 1) {
    await work.copy({ from: method.sourceDirectory, to: workplace, rules: controlFileRules }, signal);
    const isChecked = source.version.capabilities.hasCurrentWalRecords;
    if (isChecked && !(await isControlFileWhole(workplace))) continue;
    const { systemIdentifier } = await readControlFile(workplace, source.version);
    if (systemIdentifier === source.replication.identity?.systemIdentifier) return;
    throw failure('base_backup_failed', {
      message: `the data directory on host "${method.target.host}" is not that of the source`,
      detail: `Its system identifier is ${systemIdentifier}.`,
      hint: 'Name the host itself with -h, not a proxy in front of it.',
    });
  }
  throw failure('base_backup_failed', {
    message: 'pg_control of the source could not be copied whole',
    detail: `Its checksum was wrong ${limits.controlFileCopies} times.`,
    hint: 'Look at the disks of the source, then clone again.',
  });
}

async function writeBackupFiles(
  { places: { main, tablespaces } }: RsyncWork,
  { backupLabel, tablespaceMap }: BackupEnd,
  links: readonly TablespaceLink[],
): Promise<void> {
  if (tablespaceMap !== undefined) {
    const locations = links.map(({ oid, location }) => {
      const place = tablespaces.find(({ from }) => from === location);
      return [oid, place?.location ?? location] as const;
    });
    const text = mapTablespaces(tablespaceMap, new Map(locations));
    await writeDurably(join(main.workplace, 'tablespace_map'), text, { mode: 0o600 });
  }
  await writeDurably(join(main.workplace, 'backup_label'), backupLabel, { mode: 0o600 });
}
