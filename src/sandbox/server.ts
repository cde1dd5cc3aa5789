/** One PostgreSQL server of a sandbox: made, started, stopped. */
import { type ChildProcess, spawn } from 'node:child_process';
import { appendFile, open, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { failure, type RepmgrError } from '../errors.ts';
import { limits } from '../limits.ts';
import { findPostmaster, readLockFile } from '../postgres/postmaster.ts';
import { applySettings } from '../postgres/recovery-config.ts';
import { waitUntil } from '../system/clock.ts';
import { findProcess, signalProcesses } from '../system/processes.ts';
import { sandboxCommand } from './directory.ts';
import { commandOn, environmentOf, runInSandbox, type SandboxNode, type SandboxPlace } from './place.ts';
import { findFamily } from './server-process.ts';

export type StopMode = 'smart' | 'fast' | 'immediate';

const stopSignals = { smart: 'SIGTERM', fast: 'SIGINT', immediate: 'SIGQUIT' } as const;

/** Makes an empty data directory that trusts whoever comes from this machine. @throws RepmgrError command_failed */
export async function initializeServer(
  place: SandboxPlace,
  node: SandboxNode,
  settings: Readonly<Record<string, string>>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const initdb = join(place.binDirectory, 'initdb');
  const args = ['-D', node.dataDirectory, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '-N'];
  const { exitCode, stderr } = await runInSandbox(place, initdb, args, {
    deadlineMs: limits.initdbMs,
    signal,
  });
  if (exitCode !== 0) {
    throw failure('command_failed', {
      message: `initdb could not make a data directory in "${node.dataDirectory}"`,
      detail: `It ended with exit code ${exitCode}: ${stderr.trim()}`,
      hint: `Check free space, and that this program runs here: ${initdb} --version`,
    });
  }
  await changeSettings(node, settings);
  if (node.networkNamespace !== undefined)
    await appendFile(join(node.dataDirectory, 'pg_hba.conf'), peersMayConnect);
}

/** Of a node that has a network of its own: whoever else is in it. */
const peersMayConnect = 'host all all samenet trust\nhost replication all samenet trust\n';

/**
 * Starts the server and waits until it accepts connections. One that runs already is left alone.
 * @throws RepmgrError server_start_failed, interrupted
 */
export async function startServer(
  place: SandboxPlace,
  node: SandboxNode,
  signal?: AbortSignal,
): Promise<void> {
  let process: ChildProcess | undefined;
  const logBytes = (await stat(node.logFile).catch(() => undefined))?.size ?? 0;
  if ((await findPostmaster(node.dataDirectory)) === undefined) {
    await takeOwnSettings(node);
    await removeLockOfZombie(node);
    process = await launch(place, node);
  }
  const outcome = await waitUntil(
    async () => {
      const isAlive = (await findPostmaster(node.dataDirectory)) !== undefined;
      if (isAlive && (await readLockFile(node.dataDirectory))?.status === 'ready') return 'ready';
      return !isAlive && hasEnded(process) ? 'ended' : undefined;
    },
    { deadlineMs: limits.serverStartMs, intervalMs: limits.serverPollMs, signal },
  );
  if (outcome !== 'ready') throw await startFailure(node, outcome, logBytes);
}

/** Stops the server and waits until it is gone; one that does not run is left alone. @throws server_stop_failed */
export async function stopServer(
  { directory }: SandboxPlace,
  node: SandboxNode,
  mode: StopMode = 'fast',
): Promise<void> {
  const postmaster = await findPostmaster(node.dataDirectory);
  if (postmaster === undefined) return;
  // One that is frozen takes no signal.
  signalProcesses(await findFamily(node), 'SIGCONT');
  signalProcesses([postmaster], stopSignals[mode]);
  const isGone = await waitUntil(
    async () => ((await findPostmaster(node.dataDirectory)) === undefined ? true : undefined),
    { deadlineMs: limits.serverStopMs, intervalMs: limits.serverPollMs },
  );
  if (isGone !== undefined) return;
  throw failure('server_stop_failed', {
    message: `the server of "${node.name}" did not stop`,
    detail: `Process ${postmaster.pid} was still there ${limits.serverStopMs / 1000} s after ${stopSignals[mode]}.`,
    hint: `Read what it waits for in ${node.logFile}, or kill it: ${sandboxCommand(`kill ${node.id}`, directory)}`,
  });
}

/** A clone brings postgresql.conf of its source, and with it the source's port. */
async function takeOwnSettings(node: SandboxNode): Promise<void> {
  try {
    await changeSettings(node, { port: String(node.port), cluster_name: node.name });
  } catch (error) {
    throw failure('server_start_failed', {
      message: `there is no server of "${node.name}" to start`,
      detail: `Its postgresql.conf cannot be changed: ${error instanceof Error ? error.message : String(error)}.`,
      hint: `Copy the primary into ${node.dataDirectory} first, with: repmgr -f ${node.configFile} standby clone`,
      cause: error,
    });
  }
}

async function changeSettings(node: SandboxNode, settings: Readonly<Record<string, string>>): Promise<void> {
  const file = join(node.dataDirectory, 'postgresql.conf');
  const before = await readFile(file, 'utf8');
  const after = applySettings(before, settings);
  // In place: the file keeps its owner.
  if (after !== before) await writeFile(file, after);
}

/** PostgreSQL takes a process that ended, and that nobody has asked for its exit code, for a living server. */
async function removeLockOfZombie({ dataDirectory }: SandboxNode): Promise<void> {
  const lockFile = await readLockFile(dataDirectory);
  const owner = lockFile === undefined ? undefined : await findProcess(lockFile.pid);
  if (owner?.state === 'zombie') await rm(join(dataDirectory, 'postmaster.pid'), { force: true });
}

/** In a session of its own, so that neither Ctrl-C nor the end of this process reaches it. */
async function launch(place: SandboxPlace, node: SandboxNode): Promise<ChildProcess> {
  const log = await open(node.logFile, 'a', 0o600);
  try {
    if (place.user !== undefined) await log.chown(place.user.uid, place.user.gid);
    const postgres = join(place.binDirectory, 'postgres');
    const command = commandOn(place, node, postgres, ['-D', node.dataDirectory]);
    const child = spawn(command.file, command.args, {
      cwd: place.directory,
      env: environmentOf(place),
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
      uid: command.uid,
      gid: command.gid,
    });
    child.on('error', () => undefined);
    child.unref();
    return child;
  } finally {
    await log.close();
  }
}

function hasEnded(child: ChildProcess | undefined): boolean {
  return (
    child === undefined || child.pid === undefined || child.exitCode !== null || child.signalCode !== null
  );
}

async function startFailure(
  node: SandboxNode,
  outcome: 'ended' | undefined,
  logBytes: number,
): Promise<RepmgrError> {
  const log = (await readFile(node.logFile).catch(() => Buffer.alloc(0))).subarray(logBytes).toString('utf8');
  const lastLines = log.trim().split('\n').slice(-5).join('\n');
  const what =
    outcome === 'ended' ? 'It ended at once' : `It was not ready after ${limits.serverStartMs / 1000} s`;
  return failure('server_start_failed', {
    message: `the server of "${node.name}" did not start`,
    detail: `${what}; the last lines of its log:\n${lastLines}`,
    hint: `Correct what the log complains about: ${node.logFile}`,
  });
}
