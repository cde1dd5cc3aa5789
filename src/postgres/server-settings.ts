/**
 * Settings that repmgrd keeps in postgresql.auto.conf, as ALTER SYSTEM would: they win over postgresql.conf, and come
 * into force by a reload. Written as a file, since a server that hangs or is down takes no statement.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { replaceFile, writeDurably } from '../system/durable-file.ts';
import { applySettings, type RecoverySettings } from './recovery-config.ts';
import { parseSettingLine } from './settings.ts';

/** The end of the last change of each file: changes read it, and write it as a whole. */
const changes = new Map<string, Promise<unknown>>();

export interface SettingsFile {
  /** Absolute. */
  readonly path: string;
}

export function autoConf(dataDirectory: string): SettingsFile {
  return { path: join(dataDirectory, 'postgresql.auto.conf') };
}

/** Of PostgreSQL up to 11: the settings of a standby. */
export function recoveryConf(dataDirectory: string): SettingsFile {
  return { path: join(dataDirectory, 'recovery.conf') };
}

/** The values that stand in the file; empty where there is none. @throws the system's error */
export async function readSettingsFile({ path }: SettingsFile): Promise<Readonly<Record<string, string>>> {
  const entries = (await read(path)).split('\n').flatMap((line) => {
    const setting = parseSettingLine(line);
    return setting === undefined ? [] : [[setting.name, setting.value] as const];
  });
  return Object.fromEntries(entries);
}

/**
 * Sets values, removes those that are undefined, and leaves all other lines as they are. Nothing is written where it
 * says so already.
 * @param isDurable false where the time of a sync counts, and a crash of the host may undo it
 * @returns whether anything was written
 * @throws the system's error; the file is then as it was
 */
export async function changeSettingsFile(
  { path }: SettingsFile,
  settings: RecoverySettings,
  { isDurable }: { readonly isDurable: boolean },
): Promise<boolean> {
  const change = (changes.get(path) ?? Promise.resolve()).then(async () => {
    const before = await readSettingsFile({ path });
    if (Object.entries(settings).every(([name, value]) => before[name] === value)) return false;
    const text = applySettings(await read(path), settings);
    await (isDurable ? writeDurably : replaceFile)(path, text, { mode: 0o600 });
    return true;
  });
  changes.set(
    path,
    change.catch(() => undefined),
  );
  return await change;
}

async function read(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw error;
  }
}
