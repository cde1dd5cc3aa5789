/** The postmaster of a data directory: found by postmaster.pid, believed only where that process is one of it. */
import { readFile, readlink, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { findProcess, type RunningProcess } from '../system/processes.ts';

/** postmaster.pid: https://www.postgresql.org/docs/current/storage-file-layout.html */
export interface LockFile {
  readonly pid: number;
  /** Seconds since 1970, by which a later postmaster with the same process id is told from this one. */
  readonly startedAt: string;
  /** `starting`, `ready`, `standby` (up, but not open for queries yet) or `stopping`; empty before 10. */
  readonly status: string;
  /** Its System V segment; absent while it starts. */
  readonly sharedMemory: { readonly key: string; readonly id: string } | undefined;
}

export interface Postmaster extends RunningProcess {
  readonly lockFile: LockFile;
}

/** @returns undefined where there is no such file, or nothing of use in it */
export async function readLockFile(dataDirectory: string): Promise<LockFile | undefined> {
  const text = await readFile(join(dataDirectory, 'postmaster.pid'), 'utf8').catch(() => '');
  const lines = text.split('\n');
  const pid = Number.parseInt(lines[0] ?? '', 10);
  if (!(pid > 0)) return undefined;
  const [key = '', id] = (lines[6] ?? '').trim().split(/\s+/);
  return {
    pid,
    startedAt: (lines[2] ?? '').trim(),
    status: (lines[7] ?? '').trim(),
    sharedMemory: id === undefined ? undefined : { key, id },
  };
}

/**
 * The postmaster, where it lives. After a crash postmaster.pid stays, and its number may belong to anybody: a process
 * counts only if it is a postgres, and one that works in this directory.
 */
export async function findPostmaster(dataDirectory: string): Promise<Postmaster | undefined> {
  const lockFile = await readLockFile(dataDirectory);
  const found = lockFile === undefined ? undefined : await findProcess(lockFile.pid);
  if (lockFile === undefined || found === undefined) return undefined;
  if (found.state === 'zombie' || !/^(postgres|postmaster)$/.test(found.name)) return undefined;
  const workingDirectory = await readlink(`/proc/${found.pid}/cwd`).catch(() => undefined);
  const isElsewhere = workingDirectory !== undefined && workingDirectory !== (await realpath(dataDirectory));
  return isElsewhere ? undefined : { ...found, lockFile };
}
