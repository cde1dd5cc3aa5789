/** What the files of the data directory say of the settings that the core watches. */
import { access, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { parseSettingLine } from '../../postgres/settings.ts';
import type { ServerPlace } from './server-place.ts';

export interface ServerFiles {
  /** standby.signal (12+) or recovery.conf is in place: the next start is a standby's. */
  readonly hasStandbySignal: boolean;
  /** Of postgresql.auto.conf, or recovery.conf; the last line of a name counts. */
  readonly settings: Readonly<Record<string, string | undefined>>;
}

/** Files that are not there, or cannot be read, say nothing. */
export async function readServerFiles({ dataDirectory, version }: ServerPlace): Promise<ServerFiles> {
  const isAutoConf = version.capabilities.recoverySettingsIn === 'auto.conf';
  const [hasStandbySignal, auto, recovery] = await Promise.all([
    hasStandbyFile({ dataDirectory, version }),
    readSettings(join(dataDirectory, 'postgresql.auto.conf')),
    isAutoConf ? {} : readSettings(join(dataDirectory, 'recovery.conf')),
  ]);
  return { hasStandbySignal, settings: { ...auto, ...recovery } };
}

/**
 * Names the copy that lies at this place. PostgreSQL writes these files in place or never again, so they stay the same
 * ones over restarts; a clone brings others, and one that only brings what differs brings another control file. Device
 * numbers would change with a boot.
 * @returns nothing where it cannot be read
 */
export async function readDirectoryMark({
  dataDirectory,
}: ServerPlace): Promise<{ readonly directory?: string }> {
  try {
    const files = ['PG_VERSION', join('global', 'pg_control')].map((name) => join(dataDirectory, name));
    const found = await Promise.all(files.map(async (file) => await stat(file)));
    return { directory: found.map(({ ino, birthtimeMs }) => `${ino}-${birthtimeMs}`).join(' ') };
  } catch {
    return {};
  }
}

export async function hasStandbyFile({ dataDirectory, version }: ServerPlace): Promise<boolean> {
  const isAutoConf = version.capabilities.recoverySettingsIn === 'auto.conf';
  return await access(join(dataDirectory, isAutoConf ? 'standby.signal' : 'recovery.conf')).then(
    () => true,
    () => false,
  );
}

async function readSettings(file: string): Promise<Record<string, string>> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return Object.fromEntries(
    text.split('\n').flatMap((line) => {
      const setting = parseSettingLine(line);
      return setting === undefined ? [] : [[setting.name, setting.value] as const];
    }),
  );
}
