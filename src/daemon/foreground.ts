/** repmgrd in the foreground: its configuration, its log, its signals. */
import { loadConfig, noConfigurationFound } from '../config/load.ts';
import type { Config } from '../config/resolve.ts';
import { exitCodes, RepmgrError } from '../errors.ts';
import type { Logger } from '../log/logger.ts';
import { configuredLog, createLogger } from '../log/sinks.ts';
import { systemConfigDirectory } from '../system/pg-config.ts';
import { workingDirectory } from '../system/working-directory.ts';
import type { DaemonOptions } from './options.ts';
import { runDaemon } from './run.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Runs until SIGTERM or SIGINT.
 * @param log to stderr, until the configuration says where to
 * @throws RepmgrError of the configuration and of the start
 */
export async function runInForeground(
  options: DaemonOptions,
  environment: Environment,
  log: Logger,
): Promise<number> {
  const load = async (file: string | undefined): Promise<Config> => {
    const places = { file, workingDirectory: workingDirectory(), systemConfigDirectory };
    const loaded = await loadConfig({ ...places, environment, program: 'repmgrd' });
    for (const warning of loaded.warnings) log.warning(warning.message, warning);
    if (loaded.config === undefined) throw noConfigurationFound(loaded.searched);
    return loaded.config;
  };
  const config = await load(options.configFile);
  const { logLevel, isVerbose, isTerse } = options;
  const ownLog = await createLogger({
    program: 'repmgrd',
    level: logLevel ?? config.logLevel,
    isVerbose,
    isTerse,
    ...configuredLog(config),
  });
  const ending = new AbortController();
  const end = (): void => ending.abort();
  process.on('SIGTERM', end).on('SIGINT', end);
  process.on('SIGHUP', () => {
    ownLog.reopen();
    void reload();
  });
  let listener: ((config: Config) => Promise<void>) | undefined;
  const reload = async (): Promise<void> => {
    try {
      await listener?.(await load(config.sourceFile));
      ownLog.notice('repmgr.conf was read again');
    } catch (error) {
      if (!(error instanceof RepmgrError)) throw error;
      ownLog.error(error.message, error);
      ownLog.warning('the configuration from before stays in force');
    }
  };
  try {
    await runDaemon({
      config,
      log: ownLog,
      signal: ending.signal,
      onReady: () => {},
      onReload: (given) => {
        listener = given;
      },
    });
    return exitCodes.success;
  } catch (error) {
    if (error instanceof RepmgrError && error.code === 'interrupted') return exitCodes.success;
    if (!(error instanceof RepmgrError)) throw error;
    ownLog.error(error.message, error);
    return error.exitCode;
  } finally {
    process.off('SIGTERM', end).off('SIGINT', end);
    await ownLog.close();
  }
}
