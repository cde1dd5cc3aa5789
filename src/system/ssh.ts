/**
 * Runs programs on other hosts with the system's ssh: by argument vector, never asking anybody anything, never longer
 * than allowed. docs/connectivity.md
 */
import { failure, RepmgrError } from '../errors.ts';
import { limits } from '../limits.ts';
import { redactConninfo } from '../model/redaction.ts';
import { quoteForShell } from '../model/shell-word.ts';
import { type CommandResult, runCommand } from './command.ts';
import { optionWords } from './shell.ts';
import { sshExitCode, sshFailure, type SshTarget, sshWords } from './ssh-failure.ts';

export interface SshCall {
  /** For connecting and for the program together. */
  readonly deadlineMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Each line of what it prints; of long output the result keeps the last part only. */
  readonly onStdoutLine?: ((line: string) => void) | undefined;
}

/**
 * Runs a program over there; the shell of its user gets each word as one word, whatever is in it. Words are visible in
 * the process lists of both hosts, so no secret may be among them.
 * @returns its result, whatever its exit code
 * @throws RepmgrError of the codes `ssh_...`; remote_program_missing; interrupted
 */
export async function runOverSsh(
  target: SshTarget,
  words: readonly [string, ...string[]],
  call: SshCall,
): Promise<CommandResult> {
  const args = await sshArguments(target, words);
  const result = await runSsh(args, call);
  if (result.timedOut) {
    throw failure('ssh_timeout', {
      message: `the command on host "${target.host}" did not end in time`,
      detail: `It was ended after ${Math.round(call.deadlineMs / 1_000)} s: ${shown(words)}`,
      hint: `See what takes so long: ssh ${sshWords(target)} ${quoteForShell(shown(words))}`,
    });
  }
  if (result.exitCode === sshExitCode) throw sshFailure(target, result);
  if (result.exitCode === 127 || result.exitCode === 126) throw programMissing(target, words[0], result);
  return result;
}

async function sshArguments(target: SshTarget, words: readonly string[]): Promise<readonly string[]> {
  const [, ...args] = await sshCommandWords(target);
  return [...args, target.host, words.map(quoteForShell).join(' ')];
}

/**
 * The words of an ssh that lack only host and command. Of each option the first one counts, so those of the user stand
 * before our defaults, and after what must not be otherwise.
 * @param defaults further ones, for what is to be run
 * @throws RepmgrError ssh_failed where ssh_options are no list of words
 */
export async function sshCommandWords(
  { user, options = '' }: SshTarget,
  defaults: readonly string[] = [],
): Promise<readonly string[]> {
  // Quiet, ssh would not say why it failed; repmgr 5 has -q in its defaults.
  const ofUser = (await wordsOf(options)).filter((word) => word !== '-q');
  return [
    'ssh',
    '-T',
    ...['-o', 'BatchMode=yes'],
    ...ofUser,
    ...['-o', `ConnectTimeout=${limits.sshConnectSeconds}`],
    ...defaults,
    ...(user === undefined ? [] : ['-l', user]),
    '--',
  ];
}

async function wordsOf(options: string): Promise<readonly string[]> {
  try {
    return await optionWords(options);
  } catch (error) {
    if (!(error instanceof RepmgrError) || error.code !== 'command_failed') throw error;
    throw failure('ssh_failed', {
      message: 'ssh_options cannot be understood by the shell',
      detail: error.detail,
      hint: 'Correct ssh_options in repmgr.conf: look for a quote without its partner.',
      cause: error,
    });
  }
}

async function runSsh(args: readonly string[], call: SshCall): Promise<CommandResult> {
  try {
    return await runCommand('ssh', args, call);
  } catch (error) {
    if (!(error instanceof RepmgrError) || error.code !== 'command_missing') throw error;
    throw failure('ssh_missing', {
      message: 'the program "ssh" cannot be run',
      detail: error.detail,
      hint: 'Install it (Debian: apt-get install openssh-client; others: openssh-clients).',
      cause: error,
    });
  }
}

function programMissing(
  target: SshTarget,
  program: string,
  { exitCode, stderr }: CommandResult,
): RepmgrError {
  const what = exitCode === 127 ? 'was not found' : 'cannot be run';
  return failure('remote_program_missing', {
    message: `"${program}" ${what} on host "${target.host}"`,
    detail: redactConninfo(stderr.trim()) || `The shell over there ended with code ${exitCode}.`,
    hint: `It must be in the PATH of a shell without terminal. See what that is: ssh ${sshWords(target)} 'echo $PATH'`,
  });
}

function shown(words: readonly string[]): string {
  return words.map((word) => quoteForShell(redactConninfo(word))).join(' ');
}
