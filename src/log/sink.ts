/** Where the lines of a logger go. */
import type { LogLevel } from './logger.ts';

export interface Sink {
  /** Whether the lines may hold colours. */
  readonly isColored: boolean;
  /** `level` is that of the entry, for destinations that keep it themselves. It never throws. */
  write(lines: readonly string[], level: LogLevel): void;
  /** Opens the file again under its name, for log rotation. */
  reopen(): void;
  close(): Promise<void>;
}
