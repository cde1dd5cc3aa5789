/** Copies the WAL that a copy by rsync needs to become consistent. */
import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { failure } from '../../errors.ts';
import { parseSize } from '../../model/size.ts';
import { defaultWalSegmentBytes } from '../../model/wal-segment.ts';
import { firstSegmentOf } from '../../postgres/backup/backup-label.ts';
import type { BackupEnd } from '../../postgres/backup/online-backup.ts';
import { segmentsBetween, walRules } from '../../postgres/backup/rsync-rules.ts';
import type { RsyncWork } from './rsync-work.ts';

/**
 * Of the server that is copied: all segments from the begin to the end of the backup, and the histories of timelines.
 * @throws RepmgrError backup_label_unreadable, base_backup_failed where one of them is gone, of rsync
 */
export async function copyWal(
  work: RsyncWork,
  { backupLabel, stopLsn }: BackupEnd,
  signal: AbortSignal,
): Promise<void> {
  const { context, places, method } = work;
  const { settings, version } = context.facts.source;
  const segmentBytes = parseSize(settings['wal_segment_size'] ?? '') ?? defaultWalSegmentBytes;
  const { timelineId, startLsn } = firstSegmentOf(backupLabel, segmentBytes);
  const needed = segmentsBetween(timelineId, startLsn, stopLsn, segmentBytes);
  const { directory: walName } = version.capabilities.walNames;
  const to = places.wal?.workplace ?? join(places.main.workplace, walName);
  await work.copy({ from: join(method.sourceDirectory, walName), to, rules: walRules(needed) }, signal);
  await refuseLostWal(to, needed, segmentBytes, version.capabilities.walKeepSetting);
  await markAsArchived(to);
}

async function refuseLostWal(
  directory: string,
  needed: readonly string[],
  segmentBytes: number,
  walKeepSetting: string,
): Promise<void> {
  const names = await readdir(directory);
  for (const name of needed) {
    // A standby may have gone over to another timeline in between.
    const copies = names.filter((candidate) => candidate.slice(8) === name.slice(8));
    const sizes = await Promise.all(copies.map(async (copy) => (await stat(join(directory, copy))).size));
    if (sizes.includes(segmentBytes)) continue;
    throw failure('base_backup_failed', {
      message: 'the source no longer has all WAL of the time of the copy',
      detail: `The segment "${name}" is missing.`,
      hint: `Raise max_replication_slots or ${walKeepSetting} on the source, then clone again.`,
    });
  }
}

/** As PostgreSQL's own base backup does: what the source has archived must not be archived again after a promotion. */
async function markAsArchived(directory: string): Promise<void> {
  const status = join(directory, 'archive_status');
  const names = (await readdir(directory)).filter((name) => /^[0-9A-F]{24}$|\.history$/.test(name));
  await mkdir(status, { recursive: true, mode: 0o700 });
  for (const name of names) await writeFile(join(status, `${name}.done`), '', { mode: 0o600 });
}
