/** Runs a built program as a user that it accepts, also where the tests run as root. */
import { execFile } from 'node:child_process';
import { chown, cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

export interface ProgramResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ProgramFolder {
  /** A folder that the user of the program may enter and write. */
  readonly directory: string;
  /** Writes a file that belongs to that user. */
  put(name: string, text: string, mode?: number): Promise<string>;
  /** Runs dist/PROGRAM.js in the folder. */
  run(program: 'repmgr' | 'repmgrd', args: readonly string[], options?: RunOptions): Promise<ProgramResult>;
  /** Runs a line of shell in the folder. */
  shell(line: string): Promise<ProgramResult>;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** As the user of the tests, who may be root. */
  readonly asCaller?: true;
  /** The folder, where nothing else is said. */
  readonly cwd?: string;
}

const dist = fileURLToPath(new URL('../../dist', import.meta.url));
/** `nobody` wherever there is one; it owns nothing that a test could spoil. */
const nobody = { uid: 65_534, gid: 65_534 };

/** Makes a temporary folder with a copy of the built programs; it is removed when the test is over. */
export async function programFolder(): Promise<ProgramFolder> {
  const directory = await mkdtemp(join(tmpdir(), 'repmgr-program-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  const user = process.getuid?.() === 0 ? nobody : undefined;
  const execute = (words: readonly string[], { asCaller, cwd = directory, env }: RunOptions) =>
    new Promise<ProgramResult>((resolve) => {
      const [file = '', ...args] = words;
      const options = { cwd, env: { PATH: process.env['PATH'], ...env }, ...(asCaller ? {} : user) };
      execFile(file, args, options, (error, stdout, stderr) => {
        const exitCode = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
        resolve({ exitCode, stdout, stderr });
      });
    });
  await cp(dist, join(directory, 'dist'), { recursive: true });
  if (user !== undefined) await chown(directory, user.uid, user.gid);
  return {
    directory,
    put: async (name, text, mode = 0o600) => {
      const path = join(directory, name);
      await writeFile(path, text, { mode });
      if (user !== undefined) await chown(path, user.uid, user.gid);
      return path;
    },
    run: async (program, args, options = {}) =>
      await execute([process.execPath, join(directory, 'dist', `${program}.js`), ...args], options),
    shell: async (line) => await execute(['/bin/sh', '-c', line], {}),
  };
}
