/** The built repmgr, run as whoever runs the tests: for what root may do too. */
import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { root } from './source-files.ts';
import type { ProgramResult } from './unprivileged.ts';

export interface StartedProgram {
  readonly process: ChildProcess;
  readonly result: Promise<ProgramResult>;
}

/** Starts `dist/repmgr.js`; the exit code of one that a signal ended is -1. */
export function startRepmgr(args: readonly string[]): StartedProgram {
  const child = spawn(process.execPath, [join(root, 'dist/repmgr.js'), ...args], {
    cwd: tmpdir(),
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'] },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
  const result = new Promise<ProgramResult>((resolve, reject) => {
    child.on('error', reject).on('close', (code) => resolve({ exitCode: code ?? -1, ...output }));
  });
  return { process: child, result };
}

export async function runRepmgr(...args: readonly string[]): Promise<ProgramResult> {
  return await startRepmgr(args).result;
}

/** A directory that every user can enter; what the test leaves of a sandbox in it is destroyed. */
export async function directoryForSandbox(): Promise<string> {
  const parent = await mkdtemp(join(tmpdir(), 'repmgr-test-'));
  const directory = join(parent, 'sandbox');
  onTestFinished(async () => {
    await runRepmgr('sandbox', 'destroy', '--directory', directory);
    await rm(parent, { recursive: true, force: true });
  });
  await chmod(parent, 0o755);
  return directory;
}
