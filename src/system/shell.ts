/** The one door to /bin/sh: for command lines that a user configured, with our values as quoted words. */
import { runCommand, type CommandOptions, type CommandResult } from './command.ts';

/** Runs a command line of repmgr.conf with /bin/sh -c, in a process group of its own (see `runCommand`). */
export function runCommandLine(commandLine: string, options: CommandOptions = {}): Promise<CommandResult> {
  return runCommand('/bin/sh', ['-c', commandLine], options);
}

/**
 * Makes one word of `text` for a POSIX shell. Words without special characters stay as they are.
 * NUL characters are left out, since no argument can hold them.
 */
export function quoteForShell(text: string): string {
  const word = text.replaceAll('\0', '');
  if (/^[A-Za-z0-9_@%+=:,./-]+$/.test(word)) return word;
  return `'${word.replaceAll("'", "'\\''")}'`;
}
