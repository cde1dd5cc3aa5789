/** repmgrd from its arguments to its end: configuration, log, PID file, signals, the service manager. */
import { dirname } from 'node:path';
import { makeStateDirectory } from '../cluster/state-directory.ts';
import { loadConfig, noConfigurationFound } from '../config/load.ts';
import type { Config } from '../config/resolve.ts';
import { exitCodes, RepmgrError } from '../errors.ts';
import type { Logger } from '../log/logger.ts';
import { configuredLog, createLogger, type OwnedLogger } from '../log/sinks.ts';
import { isDetached, startDetached } from '../system/detach.ts';
import { systemConfigDirectory } from '../system/pg-config.ts';
import { removePidFile, writePidFile } from '../system/pid-file.ts';
import { openServiceNotification } from '../system/service-notification.ts';
import { workingDirectory } from '../system/working-directory.ts';
import { collectInOneThread, optimizeOnlyWhatIsBusy } from './optimization.ts';
import type { DaemonOptions } from './options.ts';
import { runDaemon } from './run.ts';

export interface ProgramStart {
  readonly options: DaemonOptions;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** To stderr, until the configuration says where to. */
  readonly log: Logger;
  readonly print: (text: string) => void;
}

/**
 * Runs until SIGTERM or SIGINT; with `-d` only until the program in the background was started.
 * @throws RepmgrError of the configuration; with `-d` state_directory_unusable
 */
export async function startProgram(start: ProgramStart): Promise<number> {
  const { options, args, environment, log, print } = start;
  const config = await loadConfiguration(options.configFile, environment, log);
  const pidFile = options.writesNoPidFile ? undefined : (options.pidFile ?? config.repmgrdPidFile);
  if (options.showsPidFileOnly) {
    print(pidFile === undefined ? '' : `${pidFile}\n`);
    return exitCodes.success;
  }
  if (options.isDaemonized && !isDetached()) {
    // What fails in the background is seen by nobody who waits in front.
    await makeStateDirectory(config);
    // The last `-f` counts: in the background the file is found wherever the working directory is.
    const file = config.sourceFile ?? '';
    await startDetached([...args, '-f', file], dirname(file));
    return exitCodes.success;
  }
  const { logLevel: level = config.logLevel, isVerbose, isTerse } = options;
  const ownLog = await createLogger({
    program: 'repmgrd',
    level,
    isVerbose,
    isTerse,
    ...configuredLog(config),
  });
  try {
    if (pidFile !== undefined) await writePidFile(pidFile, 'repmgrd');
    try {
      await runUntilSignal(start, config, ownLog);
    } finally {
      if (pidFile !== undefined) await removePidFile(pidFile);
    }
    return exitCodes.success;
  } catch (error) {
    if (!(error instanceof RepmgrError)) throw error;
    // Ended by a signal before it had begun.
    if (error.code === 'interrupted') return exitCodes.success;
    ownLog.error(error.message, error);
    return error.exitCode;
  } finally {
    await ownLog.close();
  }
}

async function loadConfiguration(
  file: string | undefined,
  environment: ProgramStart['environment'],
  log: Logger,
): Promise<Config> {
  const places = { file, workingDirectory: workingDirectory(), systemConfigDirectory };
  const loaded = await loadConfig({ ...places, environment, program: 'repmgrd' });
  for (const warning of loaded.warnings) log.warning(warning.message, warning);
  if (loaded.config === undefined) throw noConfigurationFound(loaded.searched);
  return loaded.config;
}

async function runUntilSignal(
  { options, environment }: ProgramStart,
  config: Config,
  log: OwnedLogger,
): Promise<void> {
  const service = openServiceNotification(environment, (reason) =>
    log.warning('systemd cannot be notified', { detail: reason }),
  );
  const ending = new AbortController();
  const end = (): void => ending.abort();
  let listener: ((config: Config) => Promise<void>) | undefined;
  const reload = async (): Promise<void> => {
    service.reloading();
    try {
      log.reopen();
      await listener?.(await loadConfiguration(config.sourceFile, environment, log));
      log.notice('the configuration file was read again');
    } catch (error) {
      if (!(error instanceof RepmgrError)) throw error;
      log.error(error.message, error);
      log.warning('the configuration from before stays in force');
    }
    service.ready();
  };
  const onHangup = (): void => void reload();
  optimizeOnlyWhatIsBusy();
  collectInOneThread();
  process.on('SIGTERM', end).on('SIGINT', end).on('SIGHUP', onHangup);
  try {
    await runDaemon({
      config,
      recordsHistory: options.recordsHistory,
      recording: options.recording,
      log,
      signal: ending.signal,
      onReady: () => service.ready(),
      onReload: (given) => {
        listener = given;
      },
    });
    await service.stopping();
  } finally {
    service.close();
    process.off('SIGTERM', end).off('SIGINT', end).off('SIGHUP', onHangup);
  }
}
