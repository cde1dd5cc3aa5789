/** The processes of one PostgreSQL server: found from its data directory, killed, frozen and thawed as one. */
import { failure } from '../errors.ts';
import { limits } from '../limits.ts';
import { findPostmaster, readLockFile } from '../postgres/postmaster.ts';
import { waitUntil } from '../system/clock.ts';
import {
  findProcess,
  listProcesses,
  type RunningProcess,
  signalProcesses,
  withDescendants,
} from '../system/processes.ts';
import type { SandboxNode } from './place.ts';

/** SIGKILL to all processes of the server at once, as if the power had gone; waits until none is left. */
export async function killServer(node: SandboxNode): Promise<void> {
  await killProcesses(node);
  // Where its parent has not asked for its exit code yet, its number still counts as a living server's.
  const lockFile = await readLockFile(node.dataDirectory);
  const condition = async (): Promise<true | undefined> =>
    lockFile === undefined || (await findProcess(lockFile.pid))?.state !== 'zombie' ? true : undefined;
  await waitUntil(condition, { deadlineMs: limits.zombieMs, intervalMs: limits.serverPollMs });
}

/** The same where the server will not be started again. @throws RepmgrError server_stop_failed */
export async function killProcesses({ dataDirectory }: SandboxNode): Promise<void> {
  const family = await holdFamily(dataDirectory);
  signalProcesses(family, 'SIGKILL');
  const condition = async (): Promise<true | undefined> => {
    const left = await Promise.all(family.map(({ pid }) => findProcess(pid)));
    return left.every((process) => process === undefined || process.state === 'zombie') ? true : undefined;
  };
  const wait = { deadlineMs: limits.serverKillMs, intervalMs: limits.serverPollMs };
  if ((await waitUntil(condition, wait)) !== undefined) return;
  throw failure('server_stop_failed', {
    message: `processes of the server in "${dataDirectory}" do not end after SIGKILL`,
    detail: `Processes: ${family.map(({ pid }) => pid).join(', ')}.`,
    hint: 'They wait for the kernel, usually for a disk: look at "dmesg".',
  });
}

/** SIGSTOP to all processes of the server: connections are accepted by the kernel, and nobody ever answers. */
export async function freezeServer({ dataDirectory }: SandboxNode): Promise<void> {
  const isFrozen = await waitUntil(
    async () => {
      const family = await holdFamily(dataDirectory);
      signalProcesses(family, 'SIGSTOP');
      return family.every(({ state }) => state === 'stopped') ? true : undefined;
    },
    { deadlineMs: limits.serverKillMs, intervalMs: limits.serverPollMs },
  );
  if (isFrozen === undefined) {
    throw failure('server_stop_failed', {
      message: `not all processes of the server in "${dataDirectory}" could be frozen`,
      detail: `One of them was still running ${limits.serverKillMs / 1000} s after SIGSTOP.`,
      hint: 'Try again; if it stays so, look at "dmesg".',
    });
  }
}

/** The postmaster of the server, and all that descends from it. */
export async function findFamily({ dataDirectory }: SandboxNode): Promise<readonly RunningProcess[]> {
  const postmaster = await findPostmaster(dataDirectory);
  return postmaster === undefined ? [] : withDescendants(postmaster.pid, await listProcesses());
}

/** All processes of the server, after its postmaster was stopped: it starts no further one while they are counted. */
async function holdFamily(dataDirectory: string): Promise<readonly RunningProcess[]> {
  const postmaster = await findPostmaster(dataDirectory);
  if (postmaster === undefined) return [];
  signalProcesses([postmaster], 'SIGSTOP');
  return withDescendants(postmaster.pid, await listProcesses());
}
