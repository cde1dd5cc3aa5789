/**
 * All processes of one server, also those that outlived their postmaster: an orphaned backend goes on to compute, and
 * commits. They are known by their working directory, which is the data directory. Linux only.
 */
import { readlinkSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { listProcesses, type RunningProcess, withDescendants } from '../system/processes.ts';
import { findPostmaster, type Postmaster } from './postmaster.ts';

/**
 * The postmaster that is meant with what descends from it, and orphans; a postmaster that was started since is
 * another server.
 * @param meant undefined: only what was left behind
 * @throws as listProcesses()
 */
export async function processesOfServer(
  dataDirectory: string,
  meant: Postmaster | undefined,
): Promise<readonly RunningProcess[]> {
  const place = await realpath(dataDirectory);
  const all = await listProcesses();
  const descendants = meant === undefined ? [] : withDescendants(meant.pid, all);
  const working = all.filter(
    ({ pid, name, state }) => isPostgres(name) && state !== 'zombie' && workingDirectoryOf(pid) === place,
  );
  const found = new Map([...descendants, ...working].map((process) => [process.pid, process]));
  const present = await findPostmaster(dataDirectory);
  if (present !== undefined && !isSame(present, meant)) {
    for (const { pid } of withDescendants(present.pid, all)) found.delete(pid);
  }
  return [...found.values()];
}

export function isSame(one: Postmaster, other: Postmaster | undefined): boolean {
  return one.pid === other?.pid && one.lockFile.startedAt === other.lockFile.startedAt;
}

function workingDirectoryOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return undefined;
  }
}

function isPostgres(name: string): boolean {
  return name === 'postgres' || name === 'postmaster';
}
