/** The postmaster of a data directory: found by postmaster.pid, believed only where that process is one of it. */
import { readFileSync, readlinkSync, realpathSync } from 'node:fs';
import { readFile, readlink, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { findProcess, findProcessAtOnce, type RunningProcess } from '../system/processes.ts';

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
  return parseLockFile(await readFile(lockFileOf(dataDirectory), 'utf8').catch(() => ''));
}

function lockFileOf(dataDirectory: string): string {
  return join(dataDirectory, 'postmaster.pid');
}

function parseLockFile(text: string): LockFile | undefined {
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
  if (lockFile === undefined || found === undefined || !isLivingPostgres(found)) return undefined;
  const workingDirectory = await readlink(`/proc/${found.pid}/cwd`).catch(() => undefined);
  const isElsewhere = workingDirectory !== undefined && workingDirectory !== (await realpath(dataDirectory));
  return isElsewhere ? undefined : { ...found, lockFile };
}

/**
 * The same without waiting for one of Node's threads, for what must not come late: a disk that hangs then stops the
 * whole program. Undefined too where the kernel does not tell of processes by files.
 */
export function findPostmasterAtOnce(dataDirectory: string): Postmaster | undefined {
  try {
    const lockFile = parseLockFile(readFileSync(lockFileOf(dataDirectory), 'utf8'));
    const found = lockFile === undefined ? undefined : findProcessAtOnce(lockFile.pid);
    if (lockFile === undefined || found === undefined || !isLivingPostgres(found)) return undefined;
    const isHere = readlinkSync(`/proc/${found.pid}/cwd`) === realpathSync(dataDirectory);
    return isHere ? { ...found, lockFile } : undefined;
  } catch {
    return undefined;
  }
}

function isLivingPostgres({ name, state }: RunningProcess): boolean {
  return state !== 'zombie' && /^(postgres|postmaster)$/.test(name);
}
