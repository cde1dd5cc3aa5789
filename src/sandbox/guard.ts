/** Removes a sandbox whose owner ended without doing so: by SIGKILL, by process.exit(), or with an error. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { builtProgramDirectory } from '../system/built-programs.ts';

export interface Guard {
  /** From now on the sandbox outlives its owner, or is gone already. */
  release(): Promise<void>;
}

/**
 * A shell that waits for a line from us. When this process ends in whatever way, its end of the pipe closes, and the
 * shell becomes `repmgr sandbox destroy`.
 */
export function startGuard(directory: string): Guard {
  const destroy = [
    join(builtProgramDirectory(), 'repmgr.js'),
    'sandbox',
    'destroy',
    '--directory',
    directory,
  ];
  const script = 'read -r released || exec "$@"';
  const shell = spawn('/bin/sh', ['-c', script, 'sh', process.execPath, ...destroy], {
    cwd: '/',
    env: { PATH: process.env['PATH'] },
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const end = new Promise((resolve) => shell.once('exit', resolve).once('error', resolve));
  shell.stdin.on('error', () => undefined);
  shell.unref();
  // A pipe is a socket here, which has unref() too; without it this process would never end by itself.
  if ('unref' in shell.stdin && typeof shell.stdin.unref === 'function') shell.stdin.unref();
  return {
    release: async () => {
      shell.ref();
      if (shell.stdin.writable) shell.stdin.end('released\n');
      await end;
    },
  };
}
