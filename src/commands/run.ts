/** repmgr as a program: from its arguments to its exit code. The one place that turns errors into lines. */
import type { PauseView } from '../api/view.ts';
import type { Config } from '../config/resolve.ts';
import { exitCodes, failure, RepmgrError } from '../errors.ts';
import type { Logger } from '../log/logger.ts';
import { redactConninfo } from '../model/conninfo.ts';
import { configuredLog, createLogger } from '../log/sinks.ts';
import { type CommandLine, parseCommandLine } from './arguments.ts';
import { commandName } from './command-name.ts';
import type { CommandOptions } from './options.ts';

export interface ProgramCall {
  /** Without the program itself. */
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  print(text: string): void;
}

type Run = Extract<CommandLine, { readonly kind: 'run' }>;

/** Runs one command and tells its exit code (docs/exit-codes.md); errors are written to stderr. It never throws. */
export async function runProgram(call: ProgramCall): Promise<number> {
  const commandLine = parseCommandLine(call.args, call.environment);
  switch (commandLine.kind) {
    case 'help': {
      const { commandHelp, programHelp } = await import('./help.ts');
      call.print(commandLine.command === undefined ? programHelp() : commandHelp(commandLine.command));
      return exitCodes.success;
    }
    case 'version':
      call.print(`repmgr ${version()} (PostgreSQL 9.3-18)\n`);
      return exitCodes.success;
    case 'version-number':
      call.print(`${versionNumber(version())}\n`);
      return exitCodes.success;
    case 'invalid':
      return await withLogger(commandLine.options, call, async () => {
        const { command, errors } = commandLine;
        const about = command === undefined ? '' : ` ${commandName(command)}`;
        throw failure('usage', {
          message: errors.map(({ message }) => message).join('\n'),
          detail: [...new Set(errors.map(({ detail }) => detail))].join('\n'),
          hint: `Show what is possible with: repmgr${about} --help`,
        });
      });
    case 'not-built-yet':
      return await withLogger(commandLine.options, call, async () => {
        throw failure('not_built_yet', {
          message: `this version of repmgr does not have ${commandLine.what} yet`,
          detail: `This is repmgr ${version()}.`,
          hint: commandLine.instead ?? 'Show what it has with: repmgr --help',
        });
      });
    case 'run':
      return await runCommandLine(commandLine, call);
  }
}

async function runCommandLine(commandLine: Run, call: ProgramCall): Promise<number> {
  const { command, options } = commandLine;
  return await withLogger(options, call, async (early) => {
    if (command.worksAsRoot !== true && process.getuid?.() === 0) {
      const { refusalOfRoot } = await import('../system/privileges.ts');
      throw refusalOfRoot(['repmgr', ...call.args]);
    }
    if (options.terse !== true) for (const warning of commandLine.warnings) early.warning(warning);
    const config = await configurationOf(commandLine, call, early);
    return await withLogger({ ...options, config }, call, async (log) => {
      const { operands } = commandLine;
      const { signal, environment } = call;
      const pause = config && (await pauseOf(config, log, signal));
      const module = await command.load();
      const print = (text: string): void => call.print(text);
      return (await module.run({ options, operands, config, pause, log, print, signal, environment })) ?? 0;
    });
  });
}

async function pauseOf(config: Config, log: Logger, signal: AbortSignal): Promise<PauseView | undefined> {
  const { findPause, tellOfPause } = await import('./pause-notice.ts');
  const pause = await findPause(config, signal);
  if (pause !== undefined) tellOfPause(pause, log);
  return pause;
}

/** repmgr.conf with the options of the command line laid over it. */
async function configurationOf(
  { command, options }: Run,
  call: ProgramCall,
  log: Logger,
): Promise<Config | undefined> {
  if (command.readsConfig === false) return undefined;
  const [{ loadConfig, noConfigurationFound }, { systemConfigDirectory }, { workingDirectory }] =
    await Promise.all([
      import('../config/load.ts'),
      import('../system/pg-config.ts'),
      import('../system/working-directory.ts'),
    ]);
  const { config, warnings, searched } = await loadConfig({
    file: options.configFile,
    workingDirectory: workingDirectory(),
    environment: call.environment,
    systemConfigDirectory,
    program: 'repmgr',
    cluster: options.cluster,
  });
  for (const warning of warnings) log.warning(warning.message, warning);
  if (config === undefined) {
    if (command.needsConfig) throw noConfigurationFound(searched);
    log.info(`no configuration file in ${searched.join(', ')}`);
    return undefined;
  }
  log.info(`using configuration file "${config.sourceFile}"`);
  if (options.walKeepSegments !== undefined && config.useReplicationSlots) {
    log.warning('option "--wal-keep-segments" has no effect where use_replication_slots is on');
  }
  return {
    ...config,
    ...(options.pgBindir === undefined ? {} : { pgBindir: options.pgBindir }),
    ...(options.cluster === undefined ? {} : { clusterName: options.cluster }),
  };
}

/** Makes the logger of the options, runs the work with it, and writes what the work throws. */
async function withLogger(
  options: CommandOptions & { readonly config?: Config | undefined },
  call: ProgramCall,
  work: (log: Logger) => Promise<number>,
): Promise<number> {
  const { config } = options;
  const ownLevel = options.quiet === true ? 'ERROR' : undefined;
  const settings = {
    program: 'repmgr',
    level: options.logLevel ?? ownLevel ?? config?.logLevel,
    isVerbose: options.verbose,
    isTerse: options.terse,
  } as const;
  const hasOwnLog = options.logToFile === true && config !== undefined;
  let log: Logger;
  try {
    log = await createLogger(hasOwnLog ? { ...settings, ...configuredLog(config) } : settings);
  } catch (error) {
    return report(error, await createLogger(settings), call.signal);
  }
  try {
    return await work(log);
  } catch (error) {
    return report(error, log, call.signal);
  } finally {
    await log.close();
  }
}

/** Errors become lines and an exit code; whatever is no RepmgrError is a defect, and only DEBUG shows its stack. */
function report(error: unknown, log: Logger, signal: AbortSignal): number {
  const known = signal.aborted ? interruption(error) : error;
  if (known instanceof RepmgrError) {
    log.error(known.message, known);
    return known.exitCode;
  }
  const defect = known instanceof Error ? known : new Error(String(known));
  log.error('internal error', {
    detail: redactConninfo(`${defect.name}: ${defect.message}`),
    hint: 'This is a defect of repmgr; please report it together with what --log-level=DEBUG writes.',
  });
  log.debug(redactConninfo(defect.stack ?? ''));
  return exitCodes.internalError;
}

/** Whatever a command throws after Ctrl-C is a consequence of it. */
function interruption(error: unknown): RepmgrError {
  const isInterruption = error instanceof RepmgrError && error.code === 'interrupted';
  if (isInterruption && error.hint !== undefined) return error;
  const consequence = error instanceof Error ? error.message : String(error);
  return failure('interrupted', {
    message: isInterruption ? error.message : 'the operation was interrupted',
    detail: isInterruption ? error.detail : `What it was doing ended with: ${consequence}.`,
    hint: 'Look at what remains with: repmgr cluster show; the same command can be run again.',
    cause: error,
  });
}

function version(): string {
  return process.env['REPMGR_VERSION'] ?? '0.0.0';
}

/** As repmgr 4.3 has it: 5.5.0 is 50500. */
function versionNumber(text: string): number {
  const [major = 0, minor = 0, patch = 0] = text.split('.').map((part) => Number.parseInt(part, 10));
  return major * 10_000 + minor * 100 + patch;
}
