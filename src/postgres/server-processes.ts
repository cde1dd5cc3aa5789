/**
 * All processes of one server, also those that outlived their postmaster: an orphaned backend goes on to compute, and
 * commits. They are known by their working directory, which is the data directory. Linux only.
 */
import { readlink, realpath } from 'node:fs/promises';
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
  const all = await listProcesses();
  const descendants = meant === undefined ? [] : withDescendants(meant.pid, all);
  const candidates = all.filter(({ name, state }) => isPostgres(name) && state !== 'zombie');
  const directories = await Promise.all(
    candidates.map(({ pid }) => readlink(`/proc/${pid}/cwd`).catch(() => undefined)),
  );
  const place = await realpath(dataDirectory);
  const working = candidates.filter((_process, index) => directories[index] === place);
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

function isPostgres(name: string): boolean {
  return name === 'postgres' || name === 'postmaster';
}
