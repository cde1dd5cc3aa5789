/** Looks at the directories that a clone would fill; changes nothing. */
import { lstat, realpath } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { failure } from '../../errors.ts';
import {
  type DirectoryInspection,
  inspectDataDirectory,
  tablespaceDirectories,
} from '../../postgres/data-directory.ts';
import { isMarkAlive } from '../../system/process-mark.ts';
import { copyPlace, isNameOfClone, processOfWorkplace, readPlace } from './copy-place.ts';
import type { SourceFacts } from './source.ts';
import type { CloneWish } from './wish.ts';

export interface DirectoryFacts {
  /** Its content is what belongs there: what an interrupted clone moved aside, not the half copy. */
  readonly directory: DirectoryInspection;
  /** What another clone left there; undefined where no clone did. */
  readonly interrupted: InterruptedClone | undefined;
}

export interface InterruptedClone {
  readonly isRunning: boolean;
  /** Where it moved what it replaces; undefined where there was nothing. */
  readonly replaced: string | undefined;
}

export interface TargetFacts extends DirectoryFacts {
  /** Where the tablespaces of the node lie that a clone would replace. */
  readonly ownTablespaces: readonly string[];
  /** Where its WAL lies, if not in the data directory. */
  readonly ownWalDirectory: string | undefined;
}

/** @throws RepmgrError usage, where the source's own path would be taken and is not shown to the role */
export function targetDirectory({ dataDirectory }: CloneWish, { settings, host, port }: SourceFacts): string {
  const directory = dataDirectory ?? settings['data_directory'];
  if (directory !== undefined) return directory;
  throw failure('usage', {
    message: 'the data directory of the clone is not known',
    detail: `Without -D it is that of the source, but ${host}:${port} does not show "data_directory" to this role.`,
    hint: 'Name it with -D, or with "data_directory" in repmgr.conf.',
  });
}

/** @param walName `pg_wal`, or what the version of the source calls it */
export async function inspectTarget(dataDirectory: string, walName: string): Promise<TargetFacts> {
  const facts = await inspectDirectory(dataDirectory);
  const own = facts.interrupted?.replaced ?? facts.directory.path;
  const links = await tablespaceDirectories(own);
  const ownTablespaces = await Promise.all(links.map((path) => realpath(path).catch(() => path)));
  return { ...facts, ownTablespaces, ownWalDirectory: await targetOfLink(join(own, walName)) };
}

async function targetOfLink(path: string): Promise<string | undefined> {
  const isLink = await lstat(path).then(
    (status) => status.isSymbolicLink(),
    () => false,
  );
  return isLink ? realpath(path).catch(() => undefined) : undefined;
}

/** The same for one directory; it may be absent. */
export async function inspectDirectory(location: string): Promise<DirectoryFacts> {
  const path = resolve(location);
  const directory = await inspectDataDirectory(path, isNameOfClone);
  const content = await readPlace(directory.path).catch(() => undefined);
  if (content === undefined || (content.workplaces.length === 0 && !content.hasReplaced)) {
    return { directory, interrupted: undefined };
  }
  const isRunning = content.workplaces.some((name) => isMarkAlive(processOfWorkplace(name) ?? ''));
  const replaced = content.hasReplaced ? copyPlace(directory.path).replaced : undefined;
  const interrupted = { isRunning, replaced };
  if (content.workplaces.length === 0) return { directory, interrupted };
  const { content: before } =
    replaced === undefined ? { content: { kind: 'empty' } as const } : await inspectDataDirectory(replaced);
  return { directory: { ...directory, content: before }, interrupted };
}
