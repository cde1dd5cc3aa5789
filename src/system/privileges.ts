/** Refuses to work as root, as PostgreSQL does. */
import { failure, type RepmgrError } from '../errors.ts';
import { redactConninfo } from '../model/conninfo.ts';
import { quoteForShell } from '../model/shell-word.ts';

/**
 * The error for a program started as root: what it writes into the data directory would not belong to the server's
 * user.
 * @param commandLine the program and its arguments, for the HINT
 */
export function refusalOfRoot(commandLine: readonly string[]): RepmgrError {
  const [program = 'repmgr'] = commandLine;
  return failure('run_as_root', {
    message: `${program} cannot be run as root`,
    detail: 'What it writes must belong to the user that owns the PostgreSQL server.',
    hint: `Run it as that user: runuser -u postgres -- ${commandLine.map((word) => quoteForShell(redactConninfo(word))).join(' ')}`,
  });
}
