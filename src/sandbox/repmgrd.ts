/** The repmgrd beside a server of a sandbox, and its guard: started, found, ended, signalled together with the server. */
import { type ChildProcess, spawn } from 'node:child_process';
import { open, readdir, readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { failure, type RepmgrError } from '../errors.ts';
import { limits } from '../limits.ts';
import { waitUntil } from '../system/clock.ts';
import { findProcess, type RunningProcess, signalProcesses } from '../system/processes.ts';
import { commandOn, environmentOf, type SandboxNode, type SandboxPlace } from './place.ts';

export interface RepmgrdOptions {
  /** Further arguments, such as `--monitoring-history`. */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** False: return at once; a repmgrd that waits for its server does not listen yet. */
  readonly untilItListens?: boolean;
}

/**
 * Starts it in the foreground of a session of its own; what it writes goes to `nodeN.repmgrd.log`.
 * @throws RepmgrError repmgrd_start_failed
 */
export async function startRepmgrd(
  place: SandboxPlace,
  node: SandboxNode,
  { args = [], env = {}, untilItListens = true }: RepmgrdOptions = {},
): Promise<void> {
  const child = await launch(place, node, args, env);
  if (!untilItListens) return;
  const outcome = await waitUntil(
    async () => {
      if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return 'ended';
      return (await isListening(node)) ? 'listens' : undefined;
    },
    { deadlineMs: limits.repmgrdStartMs, intervalMs: limits.serverPollMs },
  );
  if (outcome !== 'listens') throw await startFailure(node);
}

/** Starts those that do not run, and waits until one of them leads. @throws RepmgrError repmgrd_start_failed */
export async function startRepmgrds(place: SandboxPlace, nodes: readonly SandboxNode[]): Promise<void> {
  await Promise.all(
    nodes.map(async (node) => {
      if ((await findRepmgrd(node)).length === 0) await startRepmgrd(place, node);
    }),
  );
  const leads = async (): Promise<true | undefined> =>
    (await Promise.all(nodes.map(isLeading))).includes(true) ? true : undefined;
  const wait = { deadlineMs: limits.repmgrdStartMs, intervalMs: limits.serverPollMs };
  if ((await waitUntil(leads, wait)) !== undefined) return;
  throw failure('repmgrd_start_failed', {
    message: 'no node of the sandbox leads',
    detail: `The repmgrds run, and none of them became the leader within ${limits.repmgrdStartMs / 1000} s.`,
    hint: `Read why in ${nodes.map(({ repmgrdLogFile }) => repmgrdLogFile).join(', ')}.`,
  });
}

/** SIGTERM, and waits until it is gone; its guard stays. @throws RepmgrError repmgrd_stop_failed */
export async function stopRepmgrd(node: SandboxNode): Promise<void> {
  const found = await findRepmgrd(node);
  signalProcesses(found, 'SIGTERM');
  signalProcesses(found, 'SIGCONT');
  await waitForEnd(node, found);
}

/** SIGKILL to it alone. @throws RepmgrError repmgrd_stop_failed */
export async function killRepmgrd(node: SandboxNode): Promise<void> {
  const found = await findRepmgrd(node);
  signalProcesses(found, 'SIGKILL');
  await waitForEnd(node, found);
}

/** The process of repmgrd, where it runs. */
export async function findRepmgrd(node: SandboxNode): Promise<readonly RunningProcess[]> {
  return await findByArguments(
    (words) => words.some((word) => /\/repmgrd\.c?js$/.test(word)) && words.includes(node.configFile),
  );
}

/** repmgrd, its guard, and whatever else was started for the node; not the server itself. */
export async function findCompanions({
  configFile,
  dataDirectory,
}: SandboxNode): Promise<readonly RunningProcess[]> {
  const found = await findByArguments((words) => words.includes(configFile) || words.includes(dataDirectory));
  return found.filter(({ name, pid }) => name !== 'postgres' && pid !== process.pid);
}

async function waitForEnd(node: SandboxNode, processes: readonly RunningProcess[]): Promise<void> {
  const isOver = await waitUntil(
    async () => {
      const left = await Promise.all(processes.map(({ pid }) => findProcess(pid)));
      return left.every((found) => found === undefined || found.state === 'zombie') ? true : undefined;
    },
    { deadlineMs: limits.repmgrdStopMs, intervalMs: limits.serverPollMs },
  );
  if (isOver !== undefined) return;
  throw failure('repmgrd_stop_failed', {
    message: `the repmgrd of "${node.name}" did not end`,
    detail: `Process ${processes.map(({ pid }) => pid).join(', ')} was still there after ${limits.repmgrdStopMs / 1000} s.`,
    hint: `Read what it does in ${node.repmgrdLogFile}.`,
  });
}

async function launch(
  place: SandboxPlace,
  node: SandboxNode,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<ChildProcess> {
  const log = await open(node.repmgrdLogFile, 'a', 0o600);
  try {
    if (place.user !== undefined) await log.chown(place.user.uid, place.user.gid);
    const program = join(place.programDirectory, 'repmgrd.js');
    const command = commandOn(place, node, process.execPath, [program, '-f', node.configFile, ...args]);
    const child = spawn(command.file, command.args, {
      cwd: place.directory,
      env: { ...environmentOf(place), ...env },
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

async function startFailure(node: SandboxNode): Promise<RepmgrError> {
  const log = await readFile(node.repmgrdLogFile, 'utf8').catch(() => '');
  return failure('repmgrd_start_failed', {
    message: `the repmgrd of "${node.name}" did not start`,
    detail: `The last lines of its log:\n${log.trim().split('\n').slice(-8).join('\n')}`,
    hint: `Correct what the log complains about: ${node.repmgrdLogFile}`,
  });
}

/** docs/http.md */
async function isLeading({ host, apiPort }: SandboxNode): Promise<boolean> {
  const signal = AbortSignal.timeout(limits.repmgrdAnswerMs);
  return await fetch(`http://${host}:${apiPort}/primary`, { signal }).then(
    ({ ok }) => ok,
    () => false,
  );
}

function isListening({ host, apiPort }: SandboxNode): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port: apiPort, host });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/** By /proc alone: where there is none, nothing is found. */
async function findByArguments(
  isWanted: (words: readonly string[]) => boolean,
): Promise<readonly RunningProcess[]> {
  const names = await readdir('/proc').catch(() => []);
  const pids = names.filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      const text = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      return isWanted(text.split('\0')) ? await findProcess(Number(pid)) : undefined;
    }),
  );
  return found.filter((process) => process !== undefined && process.state !== 'zombie') as RunningProcess[];
}
