/**
 * The System V segment by which PostgreSQL sees that processes of a former server still live. A killed server leaves
 * it to its next start; where there will be none, it would stay until the machine starts anew, which has few of them.
 * https://www.postgresql.org/docs/current/kernel-resources.html
 */
import { readFile } from 'node:fs/promises';
import { limits } from '../limits.ts';
import { readLockFile } from '../postgres/postmaster.ts';
import { runCommand } from '../system/command.ts';
import type { SandboxNode } from './place.ts';

/** Removes the segment of a server that has ended; to be called while its postmaster.pid is still there. */
export async function removeSharedMemory({ dataDirectory }: SandboxNode): Promise<void> {
  const segment = (await readLockFile(dataDirectory))?.sharedMemory;
  if (segment === undefined || !(await isLeftOver(segment))) return;
  // Where there is no such program, the segment stays; nothing else depends on it.
  await runCommand('ipcrm', ['-m', segment.id], { deadlineMs: limits.serverKillMs }).catch(() => undefined);
}

/** Whether it is still that segment, and no process has it; on systems without /proc nothing is known of it. */
async function isLeftOver({ key, id }: { readonly key: string; readonly id: string }): Promise<boolean> {
  const segments = await readFile('/proc/sysvipc/shm', 'utf8').catch(() => '');
  return segments.split('\n').some((line) => {
    const [foundKey, foundId, , , , , attached] = line.trim().split(/\s+/);
    return foundKey === key && foundId === id && attached === '0';
  });
}
