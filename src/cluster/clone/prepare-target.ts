/** Makes room for the copy in all directories, and gives them back as they were when the clone fails. */
import { rmdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { makeDirectories } from '../../system/make-directories.ts';
import { asideOf, type Places, preparePlace, restorePlaces } from './copy-place.ts';
import type { CloneContext, Undo } from './context.ts';
import type { ClonePlaces } from './places.ts';

/** @throws the system's error */
export async function prepareTarget(
  { log }: CloneContext,
  { all }: ClonePlaces,
  undos: Undo[],
): Promise<void> {
  const made: string[] = [];
  undos.push(() => restoreTarget(all, made, log));
  for (const place of all) {
    const first = await makeDirectories(place.location, 0o700);
    if (first !== undefined) made.push(...directoriesBetween(place.location, first));
    await preparePlace(place);
  }
}

async function restoreTarget(
  places: Places,
  made: readonly string[],
  log: CloneContext['log'],
): Promise<void> {
  try {
    await restorePlaces(places);
    for (const directory of made) await rmdir(directory);
    log.notice(`"${places[0].location}" is as it was before`);
  } catch (error) {
    const aside = await Promise.all(places.map((place) => asideOf(place).catch(() => undefined)));
    const kept = aside.filter((path) => path !== undefined);
    log.warning(`"${places[0].location}" could not be brought back to what it was`, {
      detail: error instanceof Error ? `${error.message}.` : String(error),
      hint:
        kept.length === 0
          ? 'Nothing of value is in it: remove it and clone again.'
          : `What was there before is in ${kept.map((path) => `"${path}"`).join(', ')}: move it back, or clone again with --force.`,
    });
  }
}

/** From the innermost one outwards. */
function directoriesBetween(innermost: string, outermost: string): string[] {
  return innermost === outermost || innermost === dirname(innermost)
    ? [innermost]
    : [innermost, ...directoriesBetween(dirname(innermost), outermost)];
}
