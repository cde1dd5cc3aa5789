/** The one door to /bin/sh: for command lines that a user configured, with our values as quoted words. */
import { failure } from '../errors.ts';
import { limits } from '../limits.ts';
export { quoteForShell } from '../model/shell-word.ts';
import { runCommand, type CommandOptions, type CommandResult } from './command.ts';

/** Runs a command line of repmgr.conf with /bin/sh -c, in a process group of its own (see `runCommand`). */
export function runCommandLine(commandLine: string, options: CommandOptions = {}): Promise<CommandResult> {
  return runCommand('/bin/sh', ['-c', commandLine], options);
}

/**
 * Runs a program with arguments of ours, followed by options that a user configured as one text: a shell makes words of
 * that text, and of nothing else.
 */
export function runWithOptions(
  file: string,
  args: readonly string[],
  optionText: string,
  options: CommandOptions = {},
): Promise<CommandResult> {
  return runCommand('/bin/sh', ['-c', `exec "$@" ${optionText}`, 'sh', file, ...args], options);
}

/**
 * The words that a shell makes of options that a user configured as one text.
 * @throws RepmgrError command_failed where the text is no list of words
 */
export async function optionWords(optionText: string): Promise<readonly string[]> {
  if (optionText.trim() === '') return [];
  const result = await runCommand('/bin/sh', ['-c', `printf '%s\\0' ${optionText}`], {
    deadlineMs: limits.programVersionMs,
  });
  if (result.exitCode === 0) return result.stdout.split('\0').slice(0, -1);
  throw failure('command_failed', {
    message: 'the options cannot be understood by the shell',
    detail: `They are: ${optionText}\n${result.stderr.trim()}`,
    hint: 'Look for a quote without its partner.',
  });
}
