/** Files and directories that belong to the user of the servers, also where root makes them. */
import { chmod, chown, writeFile } from 'node:fs/promises';
import { makeDirectories } from '../system/make-directories.ts';
import type { SandboxUser } from './user.ts';

/** Makes the directory, and parents where they are missing; only the directory itself belongs to the user. */
export async function makeOwnedDirectory(
  path: string,
  user: SandboxUser | undefined,
  mode = 0o700,
): Promise<void> {
  await makeDirectories(path);
  await chmod(path, mode);
  if (user !== undefined) await chown(path, user.uid, user.gid);
}

export async function writeOwnedFile(
  path: string,
  text: string | Buffer,
  user: SandboxUser | undefined,
  mode = 0o600,
): Promise<void> {
  await writeFile(path, text, { mode });
  await chmod(path, mode);
  if (user !== undefined) await chown(path, user.uid, user.gid);
}
