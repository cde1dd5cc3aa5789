/**
 * Keeps a half-made copy from being started: until everything is in place pg_control has another name, and without it
 * PostgreSQL refuses the directory ("could not find the database system").
 */
import { open, rename } from 'node:fs/promises';
import { join } from 'node:path';

export const controlFile = join('global', 'pg_control');
export const unfinishedControlFile = join('global', 'pg_control.clone-unfinished');

/** Takes the control file away from a finished copy that still lacks its recovery settings. */
export async function hideControlFile(dataDirectory: string): Promise<void> {
  await rename(join(dataDirectory, controlFile), join(dataDirectory, unfinishedControlFile));
  await syncDirectory(join(dataDirectory, 'global'));
}

/** The last step of a clone: from here on the server can be started. */
export async function revealControlFile(dataDirectory: string): Promise<void> {
  await syncDirectory(dataDirectory);
  await rename(join(dataDirectory, unfinishedControlFile), join(dataDirectory, controlFile));
  await syncDirectory(join(dataDirectory, 'global'));
}

async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, 'r');
  await handle.sync().finally(() => handle.close());
}
