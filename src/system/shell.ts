/** The one door to /bin/sh: for command lines that a user configured, with our values as quoted words. */
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
