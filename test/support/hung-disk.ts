/** Disks that are slow or hang, for chosen processes of a node: strace holds their writes and flushes. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { findCompanions } from '../../src/sandbox/repmgrd.ts';
import { findPostmaster } from '../../src/postgres/postmaster.ts';
import { waitUntil } from '../../src/system/clock.ts';
import { listProcesses, withDescendants } from '../../src/system/processes.ts';

export interface HungDisk {
  /** The disk comes back: what waits goes on. */
  readonly release: () => Promise<void>;
}

export const noTracing =
  'processes cannot be traced here: that takes strace, and the right to attach to others';

const calls = 'fsync,fdatasync,sync_file_range,pwrite64,pwritev,pwritev2';
/** For ever, as a test sees it. */
const hangsSeconds = 3_600;

/**
 * From now on each flush and each write at a position takes so long, in the processes that run now and in what they
 * start: those of the server, repmgrd (with its guard), or both.
 * @returns undefined where nothing can be traced
 */
export async function hangDisk(
  sandbox: Sandbox,
  id: number,
  what: 'server' | 'repmgrd' | 'node',
  seconds = hangsSeconds,
): Promise<HungDisk | undefined> {
  const pids = await pidsOf(sandbox, id, what);
  const directory = await mkdtemp(join(tmpdir(), 'repmgr-strace-'));
  const output = join(directory, 'trace');
  const strace = spawn(
    'strace',
    [
      ...['-f', '-qqq', '-o', output, '-e', `trace=${calls}`, '-e', 'signal=none'],
      ...['-e', `inject=${calls}:delay_enter=${Math.round(seconds * 1_000)}ms`],
      ...pids.flatMap((pid) => ['-p', String(pid)]),
    ],
    { stdio: 'ignore' },
  );
  const release = async (): Promise<void> => {
    await end(strace);
    rmSync(directory, { recursive: true, force: true });
  };
  onTestFinished(release);
  const isTraced = await waitUntil(
    async () => {
      if (strace.exitCode !== null || strace.pid === undefined) return false;
      const tracers = await Promise.all(pids.map(tracerOf));
      return tracers.every((tracer) => tracer === strace.pid || tracer === undefined) ? true : undefined;
    },
    { deadlineMs: 10_000, intervalMs: 5 },
  );
  return isTraced === true ? { release } : undefined;
}

async function pidsOf(
  sandbox: Sandbox,
  id: number,
  what: 'server' | 'repmgrd' | 'node',
): Promise<readonly number[]> {
  const node = sandbox.node(id);
  const postmaster = what === 'repmgrd' ? undefined : await findPostmaster(node.dataDirectory);
  const server = postmaster === undefined ? [] : withDescendants(postmaster.pid, await listProcesses());
  const beside = what === 'server' ? [] : await findCompanions(node);
  return [...server, ...beside].map(({ pid }) => pid);
}

/** @returns undefined where the process has ended */
async function tracerOf(pid: number): Promise<number | undefined> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const tracer = /^TracerPid:\s+(\d+)/m.exec(status)?.[1];
  return tracer === undefined ? undefined : Number(tracer);
}

/** Its tracees go on where it ends, in whatever way. */
async function end(strace: ChildProcess): Promise<void> {
  if (strace.exitCode !== null || strace.signalCode !== null || strace.pid === undefined) return;
  const ended = once(strace, 'exit');
  strace.kill('SIGKILL');
  await ended;
}
