/** A repmgr of a sandbox that gets Ctrl-C while it is at work. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { builtProgramDirectory } from '../../src/system/built-programs.ts';
import type { ProgramResult } from './unprivileged.ts';

/** Sends SIGINT when what it writes to stderr matches, and waits for its end. */
export async function interruptRepmgr(
  sandbox: Sandbox,
  id: number,
  args: readonly string[],
  when: RegExp,
): Promise<ProgramResult> {
  const { user, directory } = sandbox;
  const programs = user === undefined ? builtProgramDirectory() : join(directory, 'program');
  const child = spawn(
    process.execPath,
    [join(programs, 'repmgr.js'), '-f', sandbox.node(id).configFile, ...args],
    {
      cwd: directory,
      env: { PATH: process.env['PATH'], HOME: directory },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(user === undefined ? {} : { uid: user.uid, gid: user.gid }),
    },
  );
  let stdout = '';
  let stderr = '';
  let isSent = false;
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    if (!isSent && when.test(stderr)) isSent = child.kill('SIGINT');
  });
  return await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ exitCode: code ?? -1, stdout, stderr }));
  });
}
