/** What the files of the data directory say of the settings that the core watches. */
import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isNewCopy } from '../../cluster/rejoin/new-copy.ts';
import type { ServerObservation } from '../../failover/server-observation.ts';
import { directoryMark } from '../../postgres/directory-mark.ts';
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
