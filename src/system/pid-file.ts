/** A file that holds the process id of a program while it runs. */
import { readFile, unlink, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { failure } from '../errors.ts';
import { quoteForShell } from '../model/shell-word.ts';

/**
 * Writes our process id, in decimal and without an end of line as repmgr 3 does.
 * @param program part of the command line by which another process of it is known
 * @throws RepmgrError pid_file_unusable, also where the file names a living process of the program
 */
export async function writePidFile(path: string, program: string): Promise<void> {
  const owner = await livingOwner(path, program);
  if (owner !== undefined) {
    throw failure('pid_file_unusable', {
      message: `the PID file "${path}" names a process that runs`,
      detail: `Process ${owner} is alive.`,
      hint: `Is it another ${program}? Look: ps -p ${owner} -o pid,args; if it is not, remove the file: rm ${quoteForShell(path)}`,
    });
  }
  await writeFile(path, String(process.pid), { mode: 0o644 }).catch((error: unknown) => {
    throw failure('pid_file_unusable', {
      message: `the PID file "${path}" cannot be written`,
      detail: `The system says: ${error instanceof Error ? error.message : String(error)}.`,
      hint: 'Name another one with -p FILE, or let the directory belong to the user that runs repmgrd.',
      cause: error,
    });
  });
}

/** Leaves a file alone that another process has taken over. Never throws. */
export async function removePidFile(path: string): Promise<void> {
  const text = await readFile(path, 'utf8').catch(() => '');
  if (text.trim() === String(process.pid)) await unlink(path).catch(() => undefined);
}

/** A number that another program has by now is a left-over of a crash, or of a life before the last boot. */
async function livingOwner(path: string, program: string): Promise<number | undefined> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw failure('pid_file_unusable', {
      message: `the PID file "${path}" cannot be read`,
      detail: `The system says: ${error instanceof Error ? error.message : String(error)}.`,
      hint: `Look at it: ls -l ${quoteForShell(path)}`,
      cause: error,
    });
  });
  const pid = Number.parseInt(text, 10);
  if (!(pid > 0) || pid === process.pid || !isAlive(pid)) return undefined;
  const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => undefined);
  const isOther =
    commandLine !== undefined && !commandLine.split('\0').some((word) => isProgram(word, program));
  return isOther ? undefined : pid;
}

function isProgram(word: string, program: string): boolean {
  return basename(word).replace(/\.c?js$/, '') === program;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
