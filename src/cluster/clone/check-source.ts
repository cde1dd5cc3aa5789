/** Whether the settings of the source allow to clone from it, and the new standby to stream. Pure. */
import { failure, type RepmgrError } from '../../errors.ts';
import { parseSize } from '../../model/size.ts';
import type { SourceFacts } from './source.ts';
import type { CloneWish } from './wish.ts';

/** @throws RepmgrError clone_source_unsuitable, the first reason */
export function refuseUnsuitableSource(source: SourceFacts, wish: CloneWish): void {
  const { settings } = source;
  const { walLevelsForReplication, walKeepSetting } = source.version.capabilities;
  const walLevel = settings['wal_level'] ?? '';
  if (!walLevelsForReplication.includes(walLevel)) {
    throw unsuitable(
      source,
      'wal_level',
      walLevel,
      `Set wal_level = ${walLevelsForReplication[0]} in postgresql.conf of the source and restart it.`,
    );
  }
  if (Number(settings['max_wal_senders'] ?? 0) < 1) {
    throw unsuitable(
      source,
      'max_wal_senders',
      '0',
      'Set max_wal_senders = 10 in postgresql.conf of the source and restart it.',
    );
  }
  if (settings['hot_standby'] !== 'on') {
    throw unsuitable(
      source,
      'hot_standby',
      settings['hot_standby'] ?? '',
      'Set hot_standby = on in postgresql.conf of the source and reload it; the clone gets that file.',
    );
  }
  if (archivesNowhere(settings)) {
    throw failure('clone_source_unsuitable', {
      message: 'the source archives its WAL, but has no archive_command',
      detail: `${source.host}:${source.port} has archive_mode = ${settings['archive_mode']} and an empty archive_command, so it keeps all WAL for ever.`,
      hint: 'Set archive_command on the source and reload it, or turn archive_mode off and restart it.',
    });
  }
  const keptSegments = walKeepSegments(source);
  if (wish.walKeepSegments !== undefined && keptSegments < wish.walKeepSegments && !wish.usesSlot) {
    throw failure('clone_source_unsuitable', {
      message: `the source keeps fewer than ${wish.walKeepSegments} segments of WAL`,
      detail: `${source.host}:${source.port} has ${walKeepSetting} = ${settings[walKeepSetting]}, which is ${keptSegments}.`,
      hint: `Raise ${walKeepSetting} on the source and reload it, or set use_replication_slots=1 in repmgr.conf.`,
    });
  }
}

/** How many segments of WAL a server keeps for standbys without a slot. */
export function walKeepSegments({ settings, version }: SourceFacts): number {
  const { walKeepSetting } = version.capabilities;
  const kept = settings[walKeepSetting] ?? '0';
  if (walKeepSetting === 'wal_keep_segments') return Number(kept);
  const segmentBytes = parseSize(settings['wal_segment_size'] ?? '16MB') ?? 0;
  return Math.floor((parseSize(kept) ?? 0) / segmentBytes);
}

/** archive_command is not shown to every role: what is hidden is not judged. */
function archivesNowhere(settings: SourceFacts['settings']): boolean {
  const isOn = ['on', 'always'].includes(settings['archive_mode'] ?? 'off');
  return isOn && settings['archive_command'] === '' && (settings['archive_library'] ?? '') === '';
}

function unsuitable(source: SourceFacts, name: string, value: string, hint: string): RepmgrError {
  return failure('clone_source_unsuitable', {
    message: `the source cannot be cloned with ${name} = ${value}`,
    detail: `That is the setting of PostgreSQL ${source.version.major} on ${source.host}:${source.port}.`,
    hint,
  });
}
