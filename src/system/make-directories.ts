/** Makes a directory with all that lacks above it, at a path that somebody named. */
import { mkdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

/**
 * mkdir() of Node with `recursive` never ends where the system says ENOENT though the parent is there, as below /proc.
 * @returns the first directory that was made; undefined: all were there
 * @throws the system's error
 */
export async function makeDirectories(path: string, mode?: number): Promise<string | undefined> {
  const absolute = resolve(path);
  const parent = dirname(absolute);
  try {
    return await make(absolute, mode);
  } catch (error) {
    const isParentMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (!isParentMissing || parent === absolute) throw error;
  }
  const first = await makeDirectories(parent, mode);
  const own = await make(absolute, mode);
  return first ?? own;
}

async function make(path: string, mode: number | undefined): Promise<string | undefined> {
  try {
    await mkdir(path, { mode });
    return path;
  } catch (error) {
    const isThere = error instanceof Error && 'code' in error && error.code === 'EEXIST';
    if (isThere && (await stat(path)).isDirectory()) return undefined;
    throw error;
  }
}
