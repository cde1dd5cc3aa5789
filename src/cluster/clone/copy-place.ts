/**
 * A directory that a clone fills: the data directory, or that of a tablespace. The copy is made in a directory inside
 * of it, and what was there before goes into another one beside that. So both stay on one file system, also where the
 * directory is a mount point or its parent belongs to somebody else. Without a PG_VERSION of its own no server starts
 * there meanwhile; that file comes last.
 */
import { chmod, mkdir, readdir, rename, rm, rmdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { flush } from '../../system/durable-file.ts';
import { processMark } from '../../system/process-mark.ts';

export interface CopyPlace {
  readonly location: string;
  /** Where the copy is made. */
  readonly workplace: string;
  /** Where that goes which was there before. */
  readonly replaced: string;
}

/** All directories of a clone, the data directory first. */
export type Places = readonly [CopyPlace, ...CopyPlace[]];

const unfinishedPrefix = 'repmgr_clone_unfinished.';
const replacedName = 'repmgr_clone_replaced';
/** From here on the old content is not needed any more. */
const removedName = 'repmgr_clone_removed';
const versionFile = 'PG_VERSION';

export function copyPlace(location: string): CopyPlace {
  return {
    location,
    workplace: join(location, `${unfinishedPrefix}${processMark()}`),
    replaced: join(location, replacedName),
  };
}

/** Whether a clone made the entry, for itself. */
export function isNameOfClone(name: string): boolean {
  return name.startsWith(unfinishedPrefix) || name === replacedName || name === removedName;
}

/** @returns the mark of the process that made the directory; undefined for other names */
export function processOfWorkplace(name: string): string | undefined {
  return name.startsWith(unfinishedPrefix) ? name.slice(unfinishedPrefix.length) : undefined;
}

/** What lies in a place, in three parts; all empty where the directory is absent. */
export interface PlaceContent {
  /** Names of directories in which copies are, or were, made. */
  readonly workplaces: readonly string[];
  readonly hasReplaced: boolean;
  readonly others: readonly string[];
}

export async function readPlace(location: string): Promise<PlaceContent> {
  const names = await readdir(location).catch(absentIsEmpty);
  return {
    workplaces: names.filter((name) => name.startsWith(unfinishedPrefix)),
    hasReplaced: names.includes(replacedName),
    others: names.filter((name) => !isNameOfClone(name) && name !== 'lost+found'),
  };
}

/**
 * Moves aside what is there, and makes the empty directory for the copy. The location exists.
 * @throws the system's error; `restorePlace` then undoes it
 */
export async function preparePlace(place: CopyPlace): Promise<void> {
  const { others } = await readPlace(place.location);
  if (others.length > 0) {
    await mkdir(place.replaced, { mode: 0o700 });
    await moveEntries(versionFirst(others), place.location, place.replaced);
  }
  await mkdir(place.workplace, { mode: 0o700 });
  await flush(place.location);
}

/**
 * Brings places back to what they were before a clone, whoever made it and wherever it stopped.
 * @throws the system's error; what was moved aside is then still there
 */
export async function restorePlaces([main, ...tablespaces]: Places): Promise<void> {
  const { workplaces, others } = await readPlace(main.location);
  if (workplaces.length > 0 && others.includes(versionFile)) {
    // It stopped after its last step: only its empty directories are left.
    await Promise.all([main, ...tablespaces].map((place) => removeRest(place)));
    return;
  }
  for (const place of [...tablespaces.toReversed(), main]) await restorePlace(place);
}

async function restorePlace({ location, replaced }: CopyPlace): Promise<void> {
  const removed = join(location, removedName);
  if (await exists(removed)) await rename(removed, replaced);
  const content = await readPlace(location);
  if (content.workplaces.length > 0) {
    for (const name of versionFirst(content.others)) await removeTree(join(location, name));
    for (const name of content.workplaces) await removeTree(join(location, name));
  }
  if (content.hasReplaced) {
    await moveEntries(versionFirst(await readdir(replaced)).toReversed(), replaced, location);
    await rmdir(replaced);
  }
  if (await exists(location)) await flush(location);
}

/**
 * Puts the copies where they belong; the PG_VERSION of the data directory, with which its server can be started, is
 * the last of all.
 * @throws the system's error; `restorePlaces` then undoes it
 */
export async function finishPlaces([main, ...tablespaces]: Places): Promise<void> {
  const places = [main, ...tablespaces];
  for (const { workplace, location } of places) {
    const names = await readdir(workplace);
    await moveEntries(
      names.filter((name) => name !== versionFile),
      workplace,
      location,
    );
    await flush(location);
  }
  for (const { location, replaced } of places) {
    if (await exists(replaced)) await rename(replaced, join(location, removedName));
  }
  await closeToOthers(main.location);
  await rename(join(main.workplace, versionFile), join(main.location, versionFile));
  await flush(main.location);
}

/** PostgreSQL starts only where nobody else may enter; from 11 on its group may read. */
async function closeToOthers(location: string): Promise<void> {
  const { mode } = await stat(location);
  if ((mode & 0o777) !== 0o750) await chmod(location, 0o700);
}

/** Removes what a finished clone replaced, and its own directories. @throws the system's error */
export async function removeRest({ location }: CopyPlace): Promise<void> {
  const { workplaces } = await readPlace(location);
  for (const name of workplaces) await rmdir(join(location, name));
  await removeTree(join(location, removedName));
}

/** Where the old content is at this moment; undefined where there is none aside. */
export async function asideOf({ location }: CopyPlace): Promise<string | undefined> {
  const name = (await readdir(location).catch(absentIsEmpty)).find((entry) =>
    [replacedName, removedName].includes(entry),
  );
  return name === undefined ? undefined : join(location, name);
}

async function moveEntries(names: readonly string[], from: string, to: string): Promise<void> {
  for (const name of names) await rename(join(from, name), join(to, name));
}

/** An orphan of a killed clone may still write there for a moment; Node tries again then. */
async function removeTree(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true, maxRetries: 5 });
}

/** A directory in which only half of the old content is left must not look like one that can be started. */
function versionFirst(names: readonly string[]): string[] {
  return names.toSorted((a, b) => Number(basename(b) === versionFile) - Number(basename(a) === versionFile));
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

function absentIsEmpty(error: unknown): string[] {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
  throw error;
}
