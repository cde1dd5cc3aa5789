/**
 * Runs a program from an argument vector and waits for it, never longer than asked.
 *
 * Made directly on Node's spawn: a program's end is its own exit here, not the closing of pipes that some background
 * child of it still holds, and the time limit ends its whole process group.
 */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { failure } from '../errors.ts';
import { limits } from '../limits.ts';
import { throwIfInterrupted } from './clock.ts';
import { keepTail, splitLines } from './output.ts';

export interface CommandOptions {
  /** After this time the process group gets SIGTERM, and SIGKILL a little later; unset: no limit. */
  readonly deadlineMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** The whole environment of the program; unset: ours. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  readonly cwd?: string | undefined;
  /** Written to its standard input, which is then closed; unset: closed at once. */
  readonly input?: string | undefined;
  /** It gets no input, and is killed when this process ends in whatever way, by SIGKILL too. */
  readonly endsWithUs?: true | undefined;
  readonly onStdoutLine?: ((line: string) => void) | undefined;
  readonly onStderrLine?: ((line: string) => void) | undefined;
  readonly uid?: number | undefined;
  readonly gid?: number | undefined;
}

export interface CommandResult {
  /** Of the program; 128 + the number of the signal where one ended it, as a shell says it. */
  readonly exitCode: number;
  readonly signal: NodeJS.Signals | undefined;
  /** The last part of what it wrote, up to `limits.commandOutputBytes`. */
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
}

/**
 * Runs `file` (searched in PATH where it has no slash) with `args`; no shell is involved.
 * @returns its result, whatever its exit code
 * @throws RepmgrError command_missing, when it cannot be started; interrupted, when the signal was aborted (the
 *   program has ended by then)
 */
export async function runCommand(
  file: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  throwIfInterrupted(options.signal);
  const [program, programArgs] =
    options.endsWithUs === true ? ['/bin/sh', ['-c', watchedProgram, 'sh', file, ...args]] : [file, args];
  const child = spawn(program, [...programArgs], {
    cwd: options.cwd,
    env: options.env ?? process.env,
    // A process group of its own: the limit reaches what the program started, and Ctrl-C reaches only us.
    detached: true,
    stdio: 'pipe',
    ...(options.uid === undefined ? {} : { uid: options.uid }),
    ...(options.gid === undefined ? {} : { gid: options.gid }),
  });
  const stdout = keepTail(child.stdout, limits.commandOutputBytes);
  const stderr = keepTail(child.stderr, limits.commandOutputBytes);
  if (options.onStdoutLine !== undefined) splitLines(child.stdout, options.onStdoutLine);
  if (options.onStderrLine !== undefined) splitLines(child.stderr, options.onStderrLine);
  // A program that does not read its input closes the pipe; that is no error of ours.
  child.stdin.on('error', () => undefined);
  if (options.endsWithUs !== true) child.stdin.end(options.input ?? '');

  const limit = limitRunningTime(child, options);
  try {
    const end = await waitForExit(child, file);
    if (options.endsWithUs === true) child.stdin.end('over\n');
    await drainPipes(child);
    throwIfInterrupted(options.signal);
    return { ...end, stdout: stdout.text(), stderr: stderr.text(), timedOut: limit.timedOut() };
  } finally {
    limit.lift();
  }
}

/**
 * The shell becomes the program. What it has put into the background waits for a line from us, and kills the process
 * group when the pipe ends without one.
 */
const watchedProgram =
  'exec 3<&0; { read -r over <&3 || kill -s KILL -- -$$; } >/dev/null 2>&1 & exec "$@" 3<&- </dev/null';

interface ProcessEnd {
  readonly exitCode: number;
  readonly signal: NodeJS.Signals | undefined;
}

function waitForExit(child: ChildProcessWithoutNullStreams, file: string): Promise<ProcessEnd> {
  return new Promise((resolve, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        failure('command_missing', {
          message: `cannot run "${file}"`,
          detail: `The system says: ${error.message}.`,
          hint: 'Install the program, or correct its path (pg_bindir in repmgr.conf for the programs of PostgreSQL).',
          cause: error,
        }),
      );
    });
    child.once('exit', (code, signal) => {
      resolve({
        exitCode: code ?? 128 + (signal === null ? 0 : constants.signals[signal]),
        signal: signal ?? undefined,
      });
    });
  });
}

/** Reads what the program left in its pipes; a background child may hold them open, so not for long. */
async function drainPipes(child: ChildProcessWithoutNullStreams): Promise<void> {
  const pipes = [child.stdout, child.stderr];
  const allClosed = Promise.all(
    pipes.map(async (pipe) => {
      if (!pipe.closed) await once(pipe, 'close');
    }),
  );
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise((done) => {
    timer = setTimeout(done, limits.commandPipesMs);
  });
  await Promise.race([allClosed, tooLong]);
  clearTimeout(timer);
  for (const pipe of pipes) pipe.destroy();
}

interface RunningTimeLimit {
  timedOut(): boolean;
  lift(): void;
}

function limitRunningTime(child: ChildProcessWithoutNullStreams, options: CommandOptions): RunningTimeLimit {
  let isOver = false;
  let killTimer: NodeJS.Timeout | undefined;
  const stop = (): void => {
    signalGroup(child, 'SIGTERM');
    killTimer ??= setTimeout(() => signalGroup(child, 'SIGKILL'), limits.commandStopMs);
  };
  const deadline = options.deadlineMs;
  const timer =
    deadline === undefined || deadline === Infinity
      ? undefined
      : setTimeout(() => {
          isOver = true;
          stop();
        }, deadline);
  options.signal?.addEventListener('abort', stop);
  return {
    timedOut: () => isOver,
    lift: () => {
      clearTimeout(timer);
      clearTimeout(killTimer);
      options.signal?.removeEventListener('abort', stop);
      // The program itself ended after SIGTERM, but a child of it in the same group may have ignored that.
      if (killTimer !== undefined) signalGroup(child, 'SIGKILL');
    },
  };
}

function signalGroup(child: ChildProcessWithoutNullStreams, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // Nothing of the group is left.
  }
}
