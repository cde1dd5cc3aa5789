/** repmgr as a running program that a test can signal. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Sandbox } from '../../src/sandbox/index.ts';

export interface RunningRepmgr {
  readonly processId: number;
  signal(name: NodeJS.Signals): void;
  /** When it has ended: null where a signal ended it. */
  readonly ended: Promise<{ readonly exitCode: number | null; readonly stderr: string }>;
  /** What it has written so far. */
  stderr(): string;
}

/** Starts `repmgr -f REPMGR.CONF ARGS` as the user of the sandbox; whatever is left of it when the test ends is killed. */
export function startRepmgr(sandbox: Sandbox, id: number, args: readonly string[]): RunningRepmgr {
  const copy = join(sandbox.directory, 'program', 'repmgr.js');
  const program = existsSync(copy) ? copy : fileURLToPath(new URL('../../dist/repmgr.js', import.meta.url));
  const { user } = sandbox;
  const child = spawn(process.execPath, [program, '-f', sandbox.node(id).configFile, ...args], {
    cwd: sandbox.directory,
    env: { PATH: process.env['PATH'], HOME: sandbox.directory, LC_ALL: 'C' },
    stdio: ['ignore', 'ignore', 'pipe'],
    ...(user === undefined ? {} : { uid: user.uid, gid: user.gid }),
  });
  onTestFinished(() => {
    if (child.exitCode === null) child.kill('SIGKILL');
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const ended = new Promise<{ exitCode: number | null; stderr: string }>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (exitCode) => resolve({ exitCode, stderr }));
  });
  return {
    processId: child.pid ?? 0,
    signal: (name) => void child.kill(name),
    ended,
    stderr: () => stderr,
  };
}
