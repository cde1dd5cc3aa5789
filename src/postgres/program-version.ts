/** Which version of a PostgreSQL program is installed here. */
import { join } from 'node:path';
import { RepmgrError } from '../errors.ts';
import { limits } from '../limits.ts';
import { runCommand } from '../system/command.ts';
import { parseVersionText, type ServerVersion, serverVersion } from './version.ts';

export interface InstalledProgram {
  /** To be run: a path, or a name that PATH finds. */
  readonly file: string;
  readonly version: ServerVersion;
}

/**
 * Asks a program for its version.
 * @param directory where PostgreSQL's programs are; undefined: in PATH
 * @returns undefined where it is not installed, or is too old to be of use
 */
export async function findProgram(
  name: string,
  directory: string | undefined,
  signal: AbortSignal,
): Promise<InstalledProgram | undefined> {
  const file = directory === undefined ? name : join(directory, name);
  try {
    const { stdout } = await runCommand(file, ['--version'], {
      deadlineMs: limits.programVersionMs,
      signal,
    });
    const number = parseVersionText(/\(PostgreSQL\)\s+(\S.*)/.exec(stdout)?.[1] ?? '');
    return number === undefined ? undefined : { file, version: serverVersion(number) };
  } catch (error) {
    const isAbsent =
      error instanceof RepmgrError && ['command_missing', 'server_version_unsupported'].includes(error.code);
    if (isAbsent) return undefined;
    throw error;
  }
}
