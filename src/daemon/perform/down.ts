/** Makes the own PostgreSQL *down*: nothing of it is left, and its next start is a read-only one (rules 5 and 7). */
import { RepmgrError } from '../../errors.ts';
import type { ActionResult } from '../../failover/events.ts';
import { limits } from '../../limits.ts';
import { beforeDeadline, DeadlineExceeded } from '../../postgres/deadline.ts';
import { findPostmaster, findPostmasterAtOnce, type Postmaster } from '../../postgres/postmaster.ts';
import { controlServer } from '../../postgres/server-process.ts';
import { processesOfServer } from '../../postgres/server-processes.ts';
import { waitUntil } from '../../system/clock.ts';
import { childrenAtOnce, findProcess, signalProcesses } from '../../system/processes.ts';
import { unknownEnd } from '../observe/end-of-wal.ts';
import { type OwnServer, type PerformContext, requireServer } from './context.ts';
import { signal as signalProcess } from './reload.ts';
import { markAsStandby } from './standby-mark.ts';

/**
 * SIGQUIT, and SIGKILL to all that is left after 300 ms. The first signals are sent before anything is waited for: when
 * a machine wakes up, clients' commits, and what came for repmgrd meanwhile, are waiting for the processor too.
 * @throws Error where standby.signal cannot be written
 */
export async function fence(context: PerformContext): Promise<ActionResult> {
  const { server } = context;
  if (server === undefined) return downWithoutServer;
  const atOnce = findPostmasterAtOnce(server.dataDirectory);
  if (atOnce !== undefined) quit(atOnce);
  const postmaster = atOnce ?? (await findPostmaster(server.dataDirectory));
  if (postmaster !== undefined) {
    if (atOnce === undefined) quit(postmaster);
    await waitUntil(() => areGone([postmaster.pid]), {
      deadlineMs: limits.quitMs,
      intervalMs: limits.goneLookMs,
    });
  }
  await killWhatIsLeft(server, postmaster);
  return await down(context, server);
}

/** Its children too: the postmaster would tell them, but commits go on until it gets its turn. */
function quit({ pid }: Postmaster): void {
  signalProcess(pid, 'SIGQUIT');
  for (const child of childrenAtOnce(pid) ?? []) signalProcess(child, 'SIGQUIT');
}

/** SIGKILL at once: to what a crash left, or to a server that hangs. @throws as `fence` */
export async function takeDown(context: PerformContext): Promise<ActionResult> {
  const { server } = context;
  if (server === undefined) return downWithoutServer;
  const postmaster = await findPostmaster(server.dataDirectory);
  // First: it would start others while they are counted.
  if (postmaster !== undefined) signalProcess(postmaster.pid, 'SIGKILL');
  await killWhatIsLeft(server, postmaster);
  return await down(context, server);
}

/**
 * A checkpoint, so that the shutdown is short, then a fast shutdown, in which the attached standbys get everything.
 * @throws Error where it does not end in time; the server then still shuts down
 */
export async function shutDown(context: PerformContext): Promise<ActionResult> {
  const server = requireServer(context);
  const { connections, signal, log } = context;
  try {
    const connection = await connections.get('control');
    await connection.query('CHECKPOINT', [], { deadlineMs: limits.shutDownCheckpointMs, signal });
  } catch (error) {
    if (!(error instanceof RepmgrError) || error.code === 'interrupted') throw error;
    log.info('no checkpoint was made before the shutdown', { detail: error.message });
  }
  const postmaster = await findPostmaster(server.dataDirectory);
  if (postmaster !== undefined) {
    await stopFast(server, postmaster, signal);
    const wait = { deadlineMs: limits.shutDownMs, intervalMs: limits.goneLookMs, signal };
    if ((await waitUntil(() => areGone([postmaster.pid]), wait)) !== true) {
      throw new Error(`the shutdown does not end within ${limits.shutDownMs / 1000} s`);
    }
  }
  // A crash may have come before: its orphans would write on.
  await killWhatIsLeft(server, postmaster);
  return await down(context, server);
}

/** A service manager is told by its own command: it would start again what ends without its knowledge. */
async function stopFast(server: OwnServer, { pid }: Postmaster, signal: AbortSignal): Promise<void> {
  if (server.control.commands.stop === undefined) signalProcess(pid, 'SIGINT');
  else await controlServer(server.control, 'stop', { deadlineMs: limits.shutDownMs, signal });
}

/**
 * SIGKILL until nothing is found that has not got it: what waits for a disk then does nothing more when it wakes. Others
 * are waited for, so that the next start does not find their shared memory in use.
 */
export async function killWhatIsLeft(server: OwnServer, postmaster: Postmaster | undefined): Promise<void> {
  const killed = new Set<number>();
  const isComplete = await waitUntil(
    async () => {
      const left = await processesOfServer(server.dataDirectory, postmaster);
      const living = left.filter(({ pid }) => !killed.has(pid));
      signalProcesses(living, 'SIGKILL');
      for (const { pid } of living) killed.add(pid);
      return living.length === 0 ? true : undefined;
    },
    { deadlineMs: limits.serverKillMs, intervalMs: 0 },
  );
  if (isComplete !== true) throw new Error('processes of the server come again and again');
  await waitUntil(() => areGone([...killed]), {
    deadlineMs: limits.killedLingersMs,
    intervalMs: limits.goneLookMs,
  });
}

/** A zombie holds nothing any more. */
async function areGone(pids: readonly number[]): Promise<true | undefined> {
  const found = await Promise.all(pids.map(findProcess));
  return found.every((process) => process === undefined || process.state === 'zombie') ? true : undefined;
}

const downWithoutServer: ActionResult = { kind: 'down', timeline: null, endOfWal: null };

/** A disk that hangs gives no WAL, and keeps nobody waiting for it. */
async function down(context: PerformContext, server: OwnServer): Promise<ActionResult> {
  const patience = { deadlineMs: limits.downFilesMs };
  const [{ timeline, endOfWal }] = await Promise.all([
    beforeDeadline(context.walEnd.inFiles(), patience).catch(() => unknownEnd),
    beforeDeadline(markAsStandby(server), patience).catch((error: unknown) => {
      if (!(error instanceof DeadlineExceeded)) throw error;
      throw new Error(`its disk does not take standby.signal within ${limits.downFilesMs / 1000} s`);
    }),
  ]);
  return { kind: 'down', timeline, endOfWal };
}
