/**
 * How far long work is: a bar with bytes, rate and time left on a terminal, a plain line every few seconds elsewhere.
 * The same display for every way to copy.
 */
import { formatDuration } from '../model/duration.ts';
import { formatSize } from '../model/size.ts';

export interface ProgressOptions {
  /** What is being done, as in "copying". */
  readonly label: string;
  readonly isTerminal: boolean;
  readonly columns?: number | undefined;
  /** Milliseconds between two plain lines. */
  readonly lineIntervalMs: number;
  /** Monotonic milliseconds. */
  now(): number;
  /** Writes to stderr: stdout is kept for what was asked for. */
  write(text: string): void;
}

export interface Progress {
  /** Once the size is known; it may be corrected later. */
  setTotal(totalBytes: number): void;
  update(doneBytes: number): void;
  /** Ends the line; with the last figures where the work was done. */
  stop(isDone: boolean): void;
}

/** A terminal is redrawn no more often than an eye can follow. */
const redrawMs = 200;

/** Starts a display; nothing is shown before the total is known. */
export function startProgress(options: ProgressOptions): Progress {
  const startedMs = options.now();
  const intervalMs = options.isTerminal ? redrawMs : options.lineIntervalMs;
  let totalBytes = 0;
  let doneBytes = 0;
  let shownMs = startedMs;
  let hasOpenLine = false;

  const show = (nowMs: number): void => {
    shownMs = nowMs;
    const line = progressLine({
      label: options.label,
      doneBytes,
      totalBytes,
      elapsedMs: nowMs - startedMs,
      barWidth: options.isTerminal ? Math.max(0, Math.min(40, (options.columns ?? 80) - 60)) : 0,
    });
    options.write(options.isTerminal ? `\r${line}\u001b[K` : `${line}\n`);
    hasOpenLine = options.isTerminal;
  };

  return {
    setTotal: (bytes) => {
      totalBytes = bytes;
    },
    update: (bytes) => {
      doneBytes = bytes;
      const nowMs = options.now();
      if (nowMs - shownMs >= intervalMs) {
        show(nowMs);
      }
    },
    stop: (isDone) => {
      if (isDone && totalBytes > 0) {
        totalBytes = doneBytes;
        show(options.now());
      }
      if (hasOpenLine) {
        options.write('\n');
      }
    },
  };
}

interface ProgressState {
  readonly label: string;
  readonly doneBytes: number;
  readonly totalBytes: number;
  readonly elapsedMs: number;
  /** Characters; 0 for none. */
  readonly barWidth: number;
}

/** Pure: one line, such as `copying: 512MB of 1GB (50%), 256MB/s, 2s left`. */
export function progressLine({ label, doneBytes, totalBytes, elapsedMs, barWidth }: ProgressState): string {
  const bytesPerSecond = elapsedMs > 0 ? (doneBytes * 1000) / elapsedMs : 0;
  const rate = `${formatSize(Math.round(bytesPerSecond))}/s`;
  if (totalBytes === 0) {
    return `${label}: ${formatSize(doneBytes)}, ${rate}`;
  }
  // WAL that arises during the copy comes on top of the size that was announced.
  const total = Math.max(totalBytes, doneBytes);
  const share = doneBytes / total;
  const leftMs = bytesPerSecond > 0 ? Math.ceil((total - doneBytes) / bytesPerSecond) * 1000 : undefined;
  const filled = Math.round(share * barWidth);
  const bar = barWidth > 0 ? `[${'#'.repeat(filled)}${'.'.repeat(barWidth - filled)}] ` : '';
  const left = leftMs === undefined || total === doneBytes ? '' : `, ${formatDuration(leftMs)} left`;
  return `${label}: ${bar}${formatSize(doneBytes)} of ${formatSize(total)} (${Math.floor(share * 100)}%), ${rate}${left}`;
}
