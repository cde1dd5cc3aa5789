/** What the files of the data directory say of the settings that the core watches. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isNewCopy } from '../../cluster/rejoin/new-copy.ts';
import type { ServerObservation } from '../../failover/server-observation.ts';
import { directoryMark } from '../../postgres/directory-mark.ts';
import { parseSettingLine } from '../../postgres/settings.ts';
import type { ServerPlace } from './server-place.ts';

/** Of postgresql.auto.conf, or recovery.conf; the last line of a name counts. */
export type SettingsInFiles = Readonly<Record<string, string | undefined>>;

/** Files that are not there, or cannot be read, say nothing. */
export async function readSettingsInFiles({ dataDirectory, version }: ServerPlace): Promise<SettingsInFiles> {
  const isAutoConf = version.capabilities.recoverySettingsIn === 'auto.conf';
  const [auto, recovery] = await Promise.all([
    readSettings(join(dataDirectory, 'postgresql.auto.conf')),
    isAutoConf ? {} : readSettings(join(dataDirectory, 'recovery.conf')),
  ]);
  return { ...auto, ...recovery };
}

/** Which copy lies at this place, and whether an operator has just made it. Nothing where it cannot be read. */
export async function readDirectoryMark({
  dataDirectory,
  newCopyFile,
}: ServerPlace): Promise<Pick<ServerObservation, 'directory' | 'isNewCopy'>> {
  const directory = await directoryMark(dataDirectory);
  if (directory === undefined) return {};
  const isNew = newCopyFile !== undefined && (await isNewCopy(newCopyFile, directory));
  return isNew ? { directory, isNewCopy: true } : { directory };
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
