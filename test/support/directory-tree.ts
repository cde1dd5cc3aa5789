/** What lies in a directory, to be compared before and after. */
import { lstat, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';

/** Path, kind, permissions and size of everything below a directory; undefined where it does not exist. */
export async function treeOf(directory: string): Promise<readonly string[] | undefined> {
  const names = await readdir(directory, { recursive: true }).catch(() => undefined);
  if (names === undefined) return undefined;
  const lines = [...names, '.'].map(async (name) => {
    const path = join(directory, name);
    const status = await lstat(path);
    if (status.isSymbolicLink()) return `${name} -> ${await readlink(path)}`;
    const mode = (status.mode & 0o777).toString(8);
    return status.isDirectory() ? `${name}/ ${mode}` : `${name} ${mode} ${status.size}`;
  });
  return (await Promise.all(lines)).sort();
}
