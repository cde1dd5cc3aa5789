/** The directories that a plan fills, and the links between them. */
import { readdir, readlink, symlink, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { flush } from '../../system/durable-file.ts';
import { type CopyPlace, copyPlace, type Places } from './copy-place.ts';
import type { ClonePlan } from './plan.ts';

export interface ClonePlaces {
  readonly main: CopyPlace;
  readonly tablespaces: readonly (CopyPlace & { readonly from: string })[];
  /** Undefined: WAL lies in the data directory. */
  readonly wal: CopyPlace | undefined;
  readonly all: Places;
}

export function placesOf({ dataDirectory, tablespaces, walDirectory }: ClonePlan): ClonePlaces {
  const main = copyPlace(dataDirectory);
  const spaces = tablespaces.map(({ from, to }) => ({ from, ...copyPlace(to) }));
  const wal = walDirectory === undefined ? undefined : copyPlace(walDirectory);
  return { main, tablespaces: spaces, wal, all: [main, ...spaces, ...(wal === undefined ? [] : [wal])] };
}

/** Where the copy links to directories in which it was made, it links to their final places from now on. */
export async function relink({ main, tablespaces, wal }: ClonePlaces, walName: string): Promise<void> {
  const links = join(main.workplace, 'pg_tblspc');
  const places = new Map(tablespaces.map(({ workplace, location }) => [workplace, location]));
  for (const name of await readdir(links)) {
    const target = await readlink(join(links, name)).catch(() => undefined);
    const location = target === undefined ? undefined : places.get(target);
    if (location !== undefined) await replaceLink(join(links, name), location);
  }
  await flush(links);
  if (wal === undefined) return;
  await replaceLink(join(main.workplace, walName), wal.location);
  await flush(main.workplace);
}

async function replaceLink(path: string, target: string): Promise<void> {
  await unlink(path);
  await symlink(target, path);
}
