/** Makes the logger of a program: level, line format and destination (docs/logging.md). */
import type { Config } from '../config/config.ts';
import { formatEntry, type LineFormat, type LogEntry, severities } from './lines.ts';
import type { Logger, LogLevel, LogParts } from './logger.ts';
import type { Sink } from './sink.ts';
import { standardErrorSink } from './standard-error-sink.ts';
import type { SyslogFacility } from './syslog-sink.ts';

export type LogDestination =
  | { readonly kind: 'stderr' }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'syslog'; readonly facility: SyslogFacility };

export interface LoggerOptions {
  readonly program: 'repmgr' | 'repmgrd';
  /** The least severe level that is written; NOTICE where nothing is said. */
  readonly level?: LogLevel | undefined;
  /** `--verbose`: INFO is written too. */
  readonly isVerbose?: boolean | undefined;
  /** `--terse`: DETAIL and HINT are left out. */
  readonly isTerse?: boolean | undefined;
  readonly format?: LineFormat | undefined;
  readonly destination?: LogDestination | undefined;
  /** For tests; the clock of the system otherwise. */
  readonly now?: () => Date;
}

/** A logger together with what its owner may do with its destination. */
export interface OwnedLogger extends Logger {
  /** Opens a log file again after it was moved away (SIGHUP). */
  reopen(): void;
}

/**
 * Makes a logger. A log file and syslog are announced by a NOTICE on stderr, as repmgr 3 does.
 * @throws RepmgrError log_file_unwritable
 */
export async function createLogger(options: LoggerOptions): Promise<OwnedLogger> {
  const destination = options.destination ?? { kind: 'stderr' };
  return loggerTo(await openSink(destination, options.program), options, destination);
}

/** The destination and format that logfacility, logfile and log_format choose for repmgrd and `--log-to-file`. */
export function configuredLog(
  config: Pick<Config, 'logFacility' | 'logFile' | 'logFormat'>,
): Required<Pick<LoggerOptions, 'destination' | 'format'>> {
  const format = config.logFormat === 'json' ? 'json' : 'timed';
  if (config.logFacility !== 'STDERR')
    return { destination: { kind: 'syslog', facility: config.logFacility }, format };
  if (config.logFile !== undefined) return { destination: { kind: 'file', path: config.logFile }, format };
  return { destination: { kind: 'stderr' }, format };
}

/** What is not stderr is loaded where it is used: most calls of repmgr are over in the meantime. */
async function openSink(destination: LogDestination, program: string): Promise<Sink> {
  switch (destination.kind) {
    case 'stderr':
      return standardErrorSink();
    case 'file': {
      const { fileSink } = await import('./file-sink.ts');
      return fileSink(destination.path);
    }
    case 'syslog': {
      const { syslogSink } = await import('./syslog-sink.ts');
      return syslogSink(destination.facility, program);
    }
  }
}

function loggerTo(sink: Sink, options: LoggerOptions, destination: LogDestination): OwnedLogger {
  const format =
    destination.kind === 'syslog' && options.format !== 'json' ? 'plain' : (options.format ?? 'plain');
  const now = options.now ?? (() => new Date());
  const threshold = severities[leastSevere(options)];
  let isClosed = false;
  const isEnabled = (level: LogLevel): boolean => severities[level] <= threshold;
  const log = (level: LogLevel, message: string, parts: LogParts = {}): void => {
    if (isClosed || !isEnabled(level)) return;
    const entry: LogEntry = { level, time: now(), message, parts: options.isTerse ? {} : parts };
    sink.write(formatEntry(entry, format, sink.isColored), level);
  };
  return {
    log,
    debug: (message, parts) => log('DEBUG', message, parts),
    info: (message, parts) => log('INFO', message, parts),
    notice: (message, parts) => log('NOTICE', message, parts),
    warning: (message, parts) => log('WARNING', message, parts),
    error: (message, parts) => log('ERROR', message, parts),
    isEnabled,
    reopen: () => sink.reopen(),
    close: async () => {
      if (isClosed) return;
      isClosed = true;
      await sink.close();
    },
  };
}

function leastSevere(options: LoggerOptions): LogLevel {
  const level = options.level ?? 'NOTICE';
  return options.isVerbose && severities[level] < severities.INFO ? 'INFO' : level;
}
