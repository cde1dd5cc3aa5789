/**
 * The settings that make a data directory a standby: recovery.conf up to PostgreSQL 11, postgresql.auto.conf and
 * standby.signal from 12 on. Written by clone, follow and rejoin, always as their last step.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { failure } from '../errors.ts';
import { writeDurably } from '../system/durable-file.ts';
import { parseSettingLine, quoteSetting } from './settings.ts';
import type { ServerVersion } from './version.ts';

/**
 * PostgreSQL's own names (primary_conninfo, primary_slot_name, recovery_target_timeline, restore_command, ...).
 * A value sets it, `undefined` removes it, an absent name leaves alone what stands there.
 */
export type RecoverySettings = Readonly<Record<string, string | undefined>>;

export interface RecoveryConfigTarget {
  readonly dataDirectory: string;
  readonly version: ServerVersion;
}

/** A leftover of an old point-in-time recovery would end the standby's recovery, or stop its promotion. */
const recoveryTargets = [
  'recovery_target',
  'recovery_target_action',
  'recovery_target_inclusive',
  'recovery_target_lsn',
  'recovery_target_name',
  'recovery_target_time',
  'recovery_target_xid',
  'standby_mode',
];

/** Whatever a base backup of a standby may bring along; a clone starts without the source's. */
export const settingsOfTheSource = [
  ...recoveryTargets,
  'primary_conninfo',
  'primary_slot_name',
  'recovery_target_timeline',
  'recovery_min_apply_delay',
  'restore_command',
  'archive_cleanup_command',
  'recovery_end_command',
  'promote_trigger_file',
  'trigger_file',
];

/**
 * Writes the settings durably (mode 0600, replaced in one step), reads them back, and marks the directory as a
 * standby's. Other lines of the file stay as they are; `recovery_target*` settings are removed.
 * See https://www.postgresql.org/docs/current/runtime-config-replication.html#RUNTIME-CONFIG-REPLICATION-STANDBY
 * @throws RepmgrError recovery_settings_failed
 */
export async function writeRecoveryConfig(
  target: RecoveryConfigTarget & { readonly settings: RecoverySettings },
): Promise<void> {
  const inRecoveryConf = target.version.capabilities.recoverySettingsIn === 'recovery.conf';
  const settings: RecoverySettings = {
    ...Object.fromEntries(recoveryTargets.map((name) => [name, undefined])),
    recovery_target_timeline: 'latest',
    ...target.settings,
    // Whatever was taken over or removed: without it PostgreSQL 9.3 to 11 would recover and become a primary.
    ...(inRecoveryConf ? { standby_mode: 'on' } : {}),
  };
  const file = recoveryConfigFile(target);
  try {
    const before = await readIfPresent(file);
    await writeDurably(file, applySettings(before ?? '', settings), { mode: 0o600 });
    if (!inRecoveryConf) {
      await writeDurably(join(target.dataDirectory, 'standby.signal'), '', { mode: 0o600 });
    }
    await readBack(target, settings);
  } catch (error) {
    throw failure('recovery_settings_failed', {
      message: `could not write the recovery settings to "${file}"`,
      detail: `${error instanceof Error ? error.message : String(error)}.`,
      hint: 'Do not start this server before the settings are right: check free space and permissions of the directory.',
      cause: error,
    });
  }
}

/**
 * Reads the settings in force after the next start, as far as they stand in the file that we write.
 * @returns undefined where the directory is no standby's (no recovery.conf, or no standby.signal)
 */
export async function readRecoveryConfig(
  target: RecoveryConfigTarget,
): Promise<Readonly<Record<string, string>> | undefined> {
  const text = await readIfPresent(recoveryConfigFile(target));
  if (target.version.capabilities.recoverySettingsIn === 'recovery.conf') {
    return text === undefined ? undefined : parseSettings(text);
  }
  const signal = await readIfPresent(join(target.dataDirectory, 'standby.signal'));
  return signal === undefined ? undefined : parseSettings(text ?? '');
}

/** Pure: the text of a settings file after `settings` were applied to it; the order of other lines is kept. */
export function applySettings(text: string, settings: RecoverySettings): string {
  const kept = text
    .split('\n')
    .filter((line) => {
      const name = parseSettingLine(line)?.name;
      return name === undefined || !Object.hasOwn(settings, name);
    })
    .join('\n')
    .replace(/\n*$/, '\n')
    .replace(/^\n$/, '');
  const written = Object.entries(settings).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name} = ${quoteSetting(value)}\n`],
  );
  return kept + written.join('');
}

function recoveryConfigFile({ dataDirectory, version }: RecoveryConfigTarget): string {
  const inRecoveryConf = version.capabilities.recoverySettingsIn === 'recovery.conf';
  return join(dataDirectory, inRecoveryConf ? 'recovery.conf' : 'postgresql.auto.conf');
}

function parseSettings(text: string): Record<string, string> {
  const entries = text.split('\n').flatMap((line) => {
    const setting = parseSettingLine(line);
    return setting === undefined ? [] : [[setting.name, setting.value] as const];
  });
  return Object.fromEntries(entries);
}

async function readBack(target: RecoveryConfigTarget, settings: RecoverySettings): Promise<void> {
  const found = await readRecoveryConfig(target);
  const wrong = Object.entries(settings).find(([name, value]) => found?.[name] !== value);
  if (wrong !== undefined) {
    throw new Error(`${wrong[0]} reads back differently from what was written`);
  }
}

async function readIfPresent(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      return undefined;
    }
    throw error;
  }
}
