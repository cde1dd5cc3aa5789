/**
 * The life of the local server: start, stop, restart, reload, promote. By the service command of repmgr.conf where
 * there is one, else by pg_ctl.
 */
import { mkdir, open, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { failure } from '../errors.ts';
import { limits } from '../limits.ts';
import { redactConninfo } from '../model/conninfo.ts';
import { type CommandResult, runCommand } from '../system/command.ts';
import { quoteForShell, runCommandLine, runWithOptions } from '../system/shell.ts';
import { keptStartOptions } from './start-options.ts';

export type ServerAction = 'start' | 'stop' | 'restart' | 'reload' | 'promote';

export interface LocalServer {
  /** Undefined: not known, so that only service commands can do anything. */
  readonly dataDirectory: string | undefined;
  /** Where postgresql.conf is, if not in the data directory. */
  readonly configDirectory: string | undefined;
  /** Where pg_ctl is; undefined: in PATH. */
  readonly programDirectory: string | undefined;
  /** `pg_ctl_options` of repmgr.conf: words for a shell, after our own options of start, stop, restart and reload. */
  readonly pgCtlOptions: string;
  /** The service commands of repmgr.conf. */
  readonly commands: Readonly<Partial<Record<ServerAction, string>>>;
}

export interface ControlOptions {
  readonly deadlineMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * What `controlServer` would run, for plans and the log; no passwords.
 * @throws RepmgrError data_directory_unusable where pg_ctl is needed and the data directory is not known
 */
export function describeControl(server: LocalServer, action: ServerAction): string {
  const command = server.commands[action];
  if (command !== undefined) return redactConninfo(command);
  return ['pg_ctl', ...basicArguments(server, action)].map(quoteForShell).join(' ');
}

/**
 * Runs the command and waits for its end. That of a promotion does not wait for the server.
 * @throws RepmgrError server_control_failed where it ended badly or not in time; data_directory_unusable,
 *   command_missing, interrupted
 */
export async function controlServer(
  server: LocalServer,
  action: ServerAction,
  options: ControlOptions = {},
): Promise<void> {
  const { deadlineMs = limits.serverControlMs, signal } = options;
  const startLog = await openStartLog(server, action);
  const result = await run(server, action, startLog?.path, { deadlineMs, signal });
  if (result.exitCode === 0 && !result.timedOut) return;
  const said = [result.stderr, result.stdout].map((text) => text.trim()).filter((text) => text !== '');
  const logged = startLog && (await startLog.newLines());
  throw failure('server_control_failed', {
    message: result.timedOut
      ? `the command to ${action} the server did not end within ${deadlineMs / 1000} seconds`
      : `the command to ${action} the server failed with exit code ${result.exitCode}`,
    detail: redactConninfo(
      [`The command was: ${describeControl(server, action)}`, ...said, ...(logged ? [logged] : [])].join(
        '\n',
      ),
    ),
    hint: startLog && `What the server wrote while it started is in "${startLog.path}", or in its own log.`,
  });
}

async function run(
  server: LocalServer,
  action: ServerAction,
  logFile: string | undefined,
  options: ControlOptions,
): Promise<CommandResult> {
  const command = server.commands[action];
  if (command !== undefined) return await runCommandLine(command, options);
  const dataDirectory = requireDataDirectory(server, action);
  const program = server.programDirectory === undefined ? 'pg_ctl' : join(server.programDirectory, 'pg_ctl');
  const logging = logFile === undefined ? [] : ['-l', logFile];
  const kept = startsServer(action) ? await keptStartOptions(dataDirectory) : undefined;
  const args = [...basicArguments(server, action), ...logging, ...(kept === undefined ? [] : ['-o', kept])];
  // A directory that the server's user cannot enter, such as root's home, is no place to run PostgreSQL's programs in.
  const environment = { ...options, cwd: dataDirectory, env: serverEnvironment() };
  return server.pgCtlOptions === '' || action === 'promote'
    ? await runCommand(program, args, environment)
    : await runWithOptions(program, args, server.pgCtlOptions, environment);
}

function basicArguments(server: LocalServer, action: ServerAction): readonly string[] {
  const directory = ['-D', server.configDirectory ?? requireDataDirectory(server, action)];
  switch (action) {
    case 'start':
      return ['start', ...directory, '-w'];
    case 'stop':
    case 'restart':
      return [action, ...directory, '-w', '-m', 'fast'];
    case 'reload':
      return [action, ...directory];
    case 'promote':
      return [action, ...directory, '-W'];
  }
}

function requireDataDirectory({ dataDirectory }: LocalServer, action: ServerAction): string {
  if (dataDirectory !== undefined) return dataDirectory;
  throw failure('data_directory_unusable', {
    message: 'the data directory of the local server is not known',
    detail: 'PostgreSQL tells it to superusers and members of pg_read_all_settings only.',
    hint: `Set "data_directory" or "service_${action}_command" in repmgr.conf.`,
  });
}

function startsServer(action: ServerAction): boolean {
  return action === 'start' || action === 'restart';
}

/** Variables that say to which server a client connects, and how; a server would take some of them for its settings. */
const clientVariables =
  /^PG(?:HOST|HOSTADDR|PORT|USER|DATABASE|PASSWORD|SERVICE|DATA|OPTIONS|APPNAME|TARGETSESSIONATTRS|CLIENTENCODING|DATESTYLE|TZ)$/;

/** Ours without what would make of a program of the server a client, or change its settings. */
export function serverEnvironment(): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !clientVariables.test(name)));
}

interface StartLog {
  readonly path: string;
  newLines(): Promise<string | undefined>;
}

/** Where the server's first lines go, until its own log takes over; service commands see to that themselves. */
async function openStartLog(server: LocalServer, action: ServerAction): Promise<StartLog | undefined> {
  if (!startsServer(action) || server.commands[action] !== undefined) return undefined;
  const path = join(requireDataDirectory(server, action), 'log', 'repmgr-start.log');
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await (await open(path, 'a', 0o600)).close();
    const { size } = await stat(path);
    return { path, newLines: async () => lastLines(await readFile(path), size) };
  } catch (error) {
    throw failure('data_directory_unusable', {
      message: `cannot write "${path}"`,
      detail: error instanceof Error ? error.message : String(error),
      hint: 'Run repmgr as the user that owns the data directory.',
    });
  }
}

function lastLines(content: Buffer, from: number): string | undefined {
  const lines = content.subarray(from).toString('utf8').trim().split('\n').slice(-limits.startLogLines);
  return lines.join('\n') || undefined;
}
