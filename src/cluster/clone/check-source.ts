/** Whether the settings of the source allow to clone from it, and the new standby to stream. Pure. */
import { failure, type RepmgrError } from '../../errors.ts';
import { parseSize } from '../../model/size.ts';
import type { SourceFacts } from './source.ts';
import type { CloneWish } from './wish.ts';

/** One setting, as it is and as it has to be. */
export interface SettingCheck {
  readonly setting: string;
  readonly found: string;
  readonly wanted: string;
  /** Why a clone is refused; undefined where all is well. */
  readonly refusal: RepmgrError | undefined;
}

/** @throws RepmgrError clone_source_unsuitable, the first reason */
export function refuseUnsuitableSource(source: SourceFacts, wish: CloneWish): void {
  const refusal = checkSource(source, wish).find((check) => check.refusal !== undefined)?.refusal;
  if (refusal !== undefined) throw refusal;
}

/** Every setting that matters, in the order in which a clone refuses. */
export function checkSource(source: SourceFacts, wish: CloneWish): readonly SettingCheck[] {
  return [
    checkWalLevel(source),
    checkWalSenders(source),
    checkHotStandby(source),
    checkArchiving(source),
    checkKeptWal(source, wish),
  ];
}

/** How many segments of WAL a server keeps for standbys without a slot. */
export function walKeepSegments({ settings, version }: SourceFacts): number {
  const { walKeepSetting } = version.capabilities;
  const kept = settings[walKeepSetting] ?? '0';
  if (walKeepSetting === 'wal_keep_segments') return Number(kept);
  const segmentBytes = parseSize(settings['wal_segment_size'] ?? '16MB') ?? 0;
  return Math.floor((parseSize(kept) ?? 0) / segmentBytes);
}

function checkWalLevel(source: SourceFacts): SettingCheck {
  const levels: readonly string[] = source.version.capabilities.walLevelsForReplication;
  const found = source.settings['wal_level'] ?? '';
  const hint = `Set wal_level = ${levels[0]} in postgresql.conf of the source and restart it.`;
  const refusal = levels.includes(found) ? undefined : unsuitable(source, 'wal_level', found, hint);
  // 9.6 and later only know the names after these two for the sake of old files.
  return { setting: 'wal_level', found, wanted: levels.slice(0, 2).join(' or '), refusal };
}

function checkWalSenders(source: SourceFacts): SettingCheck {
  const found = source.settings['max_wal_senders'] ?? '0';
  const hint = 'Set max_wal_senders = 10 in postgresql.conf of the source and restart it.';
  const refusal = Number(found) >= 1 ? undefined : unsuitable(source, 'max_wal_senders', found, hint);
  return { setting: 'max_wal_senders', found, wanted: '1 or more', refusal };
}

function checkHotStandby(source: SourceFacts): SettingCheck {
  const found = source.settings['hot_standby'] ?? '';
  const hint =
    'Set hot_standby = on in postgresql.conf of the source and reload it; the clone gets that file.';
  const refusal = found === 'on' ? undefined : unsuitable(source, 'hot_standby', found, hint);
  return { setting: 'hot_standby', found, wanted: 'on', refusal };
}

/** archive_command is not shown to every role: what is hidden is not judged. Its value may hold secrets. */
function checkArchiving({ settings, host, port }: SourceFacts): SettingCheck {
  const mode = settings['archive_mode'] ?? 'off';
  const { archive_command: command, archive_library: library = '' } = settings;
  const isNeeded = ['on', 'always'].includes(mode);
  const isMissing = isNeeded && command === '' && library === '';
  const presence = command === undefined ? 'not shown to this role' : command === '' ? 'empty' : 'set';
  return {
    setting: 'archive_command',
    found: command === '' && library !== '' ? `archive_library = ${library}` : presence,
    wanted: isNeeded ? `set, as archive_mode = ${mode}` : 'anything, as archive_mode = off',
    refusal: isMissing
      ? failure('clone_source_unsuitable', {
          message: 'the source archives its WAL, but has no archive_command',
          detail: `${host}:${port} has archive_mode = ${mode} and an empty archive_command, so it keeps all WAL for ever.`,
          hint: 'Set archive_command on the source and reload it, or turn archive_mode off and restart it.',
        })
      : undefined,
  };
}

function checkKeptWal(source: SourceFacts, { walKeepSegments: wanted, usesSlot }: CloneWish): SettingCheck {
  const { walKeepSetting } = source.version.capabilities;
  const segments = walKeepSegments(source);
  const found = source.settings[walKeepSetting] ?? '0';
  const check = { setting: walKeepSetting, found, refusal: undefined };
  if (usesSlot) return { ...check, wanted: 'anything, as a slot keeps the WAL' };
  if (wanted === undefined) return { ...check, wanted: 'anything, as -w is not given' };
  return {
    ...check,
    wanted: `${wanted} segments or more`,
    refusal:
      segments >= wanted
        ? undefined
        : failure('clone_source_unsuitable', {
            message: `the source keeps fewer than ${wanted} segments of WAL`,
            detail: `${source.host}:${source.port} has ${walKeepSetting} = ${found}, which is ${segments}.`,
            hint: `Raise ${walKeepSetting} on the source and reload it, or set use_replication_slots=1 in repmgr.conf.`,
          }),
  };
}

function unsuitable(source: SourceFacts, name: string, value: string, hint: string): RepmgrError {
  return failure('clone_source_unsuitable', {
    message: `the source cannot be cloned with ${name} = ${value}`,
    detail: `That is the setting of PostgreSQL ${source.version.major} on ${source.host}:${source.port}.`,
    hint,
  });
}
