/** Makes a new PostgreSQL: its data directory, and what can be said to it before it ever listens anywhere. */
import { access, constants } from 'node:fs/promises';
import { join } from 'node:path';
import { failure } from '../errors.ts';
import { limits } from '../limits.ts';
import { type CommandResult, runCommand } from '../system/command.ts';
import { serverEnvironment } from './server-process.ts';

export interface NewServer {
  readonly dataDirectory: string;
  /** Where initdb and postgres are; undefined: in PATH. */
  readonly programDirectory: string | undefined;
  readonly superuser: string;
}

/**
 * Runs initdb: UTF-8, no locale, and a pg_hba.conf that lets nobody in.
 * @throws RepmgrError command_failed, command_missing or interrupted; what it made until then remains
 */
export async function initializeDataDirectory(server: NewServer, signal: AbortSignal): Promise<void> {
  const { dataDirectory, superuser } = server;
  const args = ['-D', dataDirectory, '-U', superuser, '-E', 'UTF8', '--locale=C', '-A', 'reject'];
  const result = await runCommand(programOf(server, 'initdb'), args, {
    deadlineMs: limits.initdbMs,
    signal,
    env: serverEnvironment(),
  });
  refuseFailure(result, 'initdb', `initdb could not make a data directory in "${dataDirectory}"`);
}

/**
 * Where the new server would put its sockets, if this user may write there, else `/tmp`: the directory of a package
 * belongs to the user that the package made.
 * @throws RepmgrError command_failed, command_missing or interrupted
 */
export async function usableSocketDirectory(server: NewServer, signal: AbortSignal): Promise<string> {
  const args = ['-D', server.dataDirectory, '-C', 'unix_socket_directories'];
  const result = await runCommand(programOf(server, 'postgres'), args, {
    deadlineMs: limits.programVersionMs,
    signal,
    env: serverEnvironment(),
  });
  refuseFailure(result, 'postgres -C', 'the settings of the new server cannot be read');
  const directory = result.stdout.trim();
  return await access(directory, constants.W_OK).then(
    () => directory,
    () => '/tmp',
  );
}

/**
 * Runs statements as the superuser in single-user mode: no connection, so nobody else can come in meanwhile. The server
 * must not run. Each statement stands in one line.
 * See https://www.postgresql.org/docs/current/app-postgres.html#APP-POSTGRES-SINGLE-USER
 * @throws RepmgrError command_failed, command_missing or interrupted
 */
export async function runInSingleUserMode(
  server: NewServer,
  statements: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const args = ['--single', '-D', server.dataDirectory, '-c', 'exit_on_error=on', '-c', 'log_statement=none'];
  // The statements hold stored passwords, which are not for the log of any server.
  const quietly = ['-c', 'log_min_error_statement=panic', '-c', 'logging_collector=off'];
  const result = await runCommand(programOf(server, 'postgres'), [...args, ...quietly, 'postgres'], {
    deadlineMs: limits.singleUserMs,
    signal,
    env: serverEnvironment(),
    input: statements.map((statement) => `${statement}\n`).join(''),
  });
  refuseFailure(result, 'postgres --single', 'role and database of the new server could not be made');
}

function programOf({ programDirectory }: NewServer, name: string): string {
  return programDirectory === undefined ? name : join(programDirectory, name);
}

function refuseFailure(result: CommandResult, program: string, message: string): void {
  if (result.exitCode === 0 && !result.timedOut) return;
  const end = result.timedOut ? 'did not end in time' : `ended with exit code ${result.exitCode}`;
  throw failure('command_failed', {
    message,
    detail: `${program} ${end}: ${result.stderr.trim()}`,
    hint: 'Follow what it says; check free space, too.',
    exit: 'badConfiguration',
  });
}
