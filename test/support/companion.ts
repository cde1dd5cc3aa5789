/** Another server beside those of a sandbox, run as the user of the sandbox: sshd, PgBouncer. */
import { spawn } from 'node:child_process';
import { afterAll } from 'vitest';
import type { Sandbox } from '../../src/sandbox/index.ts';

const endings: (() => Promise<void>)[] = [];
afterAll(async () => {
  await Promise.all(endings.map(async (end) => await end()));
});

/**
 * Starts a program that stays in the foreground; its output goes to `logFile`. It runs until all tests of the file are
 * over: a shell ends it when our end of a pipe is closed, so also where this process is killed.
 */
export function startCompanion(sandbox: Sandbox, command: readonly string[], logFile: string): void {
  const line = 'log=$1; shift; "$@" >"$log" 2>&1 & read -r released; kill $! && wait $!';
  const guard = spawn('/bin/sh', ['-c', line, 'sh', logFile, ...command], {
    cwd: sandbox.directory,
    env: { PATH: process.env['PATH'] },
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    ...(sandbox.user === undefined ? {} : { uid: sandbox.user.uid, gid: sandbox.user.gid }),
  });
  const ended = new Promise((resolve) => guard.once('exit', resolve));
  endings.push(async () => {
    guard.stdin.end();
    await ended;
  });
}
