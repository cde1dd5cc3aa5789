/** What the rest of the program sees of logging. Levels and line formats: docs/logging.md. */
export const logLevels = ['DEBUG', 'INFO', 'NOTICE', 'WARNING', 'ERROR', 'ALERT', 'CRIT', 'EMERG'] as const;
export type LogLevel = (typeof logLevels)[number];

/** DETAIL says what was found, HINT what to do next; `--terse` leaves both out. */
export interface LogParts {
  readonly detail?: string | undefined;
  readonly hint?: string | undefined;
}

export interface Logger {
  log(level: LogLevel, message: string, parts?: LogParts): void;
  debug(message: string, parts?: LogParts): void;
  info(message: string, parts?: LogParts): void;
  notice(message: string, parts?: LogParts): void;
  warning(message: string, parts?: LogParts): void;
  error(message: string, parts?: LogParts): void;
  /** Whether a line of this level would be written. */
  isEnabled(level: LogLevel): boolean;
  /** Waits until everything is written; a closed logger drops further lines. */
  close(): Promise<void>;
}
