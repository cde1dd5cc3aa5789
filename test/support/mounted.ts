/** Small file systems, for tests of full disks and of mount points. */
import { execFile } from 'node:child_process';
import { chown, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { onTestFinished } from 'vitest';
import type { Sandbox } from '../../src/sandbox/index.ts';

const run = promisify(execFile);

/**
 * Mounts a file system that belongs to the user of the servers, until the test is over.
 * @returns its directory; undefined where none can be mounted
 */
export async function mounted({ user }: Sandbox, megabytes: number): Promise<string | undefined> {
  const directory = await mkdtemp(join(tmpdir(), 'repmgr-mount-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=700`, 'tmpfs', directory]);
  } catch {
    return undefined;
  }
  onTestFinished(async () => {
    await run('umount', ['--lazy', directory]);
  });
  if (user !== undefined) await chown(directory, user.uid, user.gid);
  return directory;
}

/** Somebody else takes all that is left but for a megabyte; a clone leaves a file of this name alone. */
export async function fillDisk(directory: string): Promise<string> {
  const filler = join(directory, 'lost+found');
  const fill = 'dd if=/dev/zero of="$1" bs=1M 2>/dev/null; truncate -s -1M "$1"';
  await run('sh', ['-c', fill, 'sh', filler]);
  return filler;
}
