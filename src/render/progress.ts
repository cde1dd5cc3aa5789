/**
 * How far long work is: a bar with bytes, rate and time left on a terminal, a plain line every few seconds elsewhere.
 * The same display for every way to copy; drawn by cli-progress.
 */
import cliProgress from 'cli-progress';
import { formatDuration } from '../model/duration.ts';
import { formatSize } from '../model/size.ts';

export interface ProgressOptions {
  /** What is being done, as in "copying". */
  readonly label: string;
  /** stderr: stdout is kept for what was asked for. */
  readonly stream: NodeJS.WritableStream;
  /** Milliseconds between two plain lines. */
  readonly lineIntervalMs: number;
}

export interface Progress {
  /** Once the size is known, which makes the display appear. */
  start(totalBytes: number): void;
  update(doneBytes: number): void;
  /** Shows the last figures and ends the line. */
  stop(isDone: boolean): void;
}

/** A terminal is redrawn no more often than an eye can follow. */
const redrawsPerSecond = 5;

export function createProgress({ label, stream, lineIntervalMs }: ProgressOptions): Progress {
  let isDone = false;
  const bar = new cliProgress.SingleBar({
    stream,
    format: (_options, { value, total, startTime, maxWidth }) =>
      progressLine({
        label,
        doneBytes: value,
        totalBytes: isDone ? value : total,
        elapsedMs: Date.now() - startTime,
        barWidth: isTerminal(stream) ? Math.max(0, Math.min(40, maxWidth - 70)) : 0,
      }),
    noTTYOutput: true,
    notTTYSchedule: lineIntervalMs,
    fps: redrawsPerSecond,
    // Elsewhere than on a terminal every line has its end already.
    clearOnComplete: !isTerminal(stream),
    // A line that is too long is cut by it; else it would change a setting of the terminal.
    linewrap: true,
    // Ctrl-C is handled by the command, which then stops the display.
    gracefulExit: false,
  });
  return {
    start: (totalBytes) => bar.start(totalBytes, 0),
    update: (doneBytes) => bar.update(doneBytes),
    stop: (isComplete) => {
      isDone = isComplete;
      bar.stop();
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

/** Pure: one line, such as `copying: 512 MB of 1 GB (50%), 256 MB/s, 2s left`. */
export function progressLine({ label, doneBytes, totalBytes, elapsedMs, barWidth }: ProgressState): string {
  const bytesPerSecond = elapsedMs > 0 ? (doneBytes * 1000) / elapsedMs : 0;
  // WAL that arises during the copy comes on top of the size that was announced.
  const total = Math.max(totalBytes, doneBytes);
  const share = total === 0 ? 1 : doneBytes / total;
  const filled = Math.round(share * barWidth);
  const bar = barWidth > 0 ? `[${'#'.repeat(filled)}${'.'.repeat(barWidth - filled)}] ` : '';
  const parts = [
    `${formatSize(doneBytes)} of ${formatSize(total)} (${Math.floor(share * 100)}%)`,
    `${formatSize(bytesPerSecond)}/s`,
    ...timeLeft(total - doneBytes, bytesPerSecond),
  ];
  return `${label}: ${bar}${parts.join(', ')}`;
}

/** Rounded up to what a person wants to know: seconds below a few minutes, minutes below some hours. */
function timeLeft(bytesLeft: number, bytesPerSecond: number): string[] {
  if (bytesLeft === 0 || bytesPerSecond === 0) return [];
  const seconds = Math.ceil(bytesLeft / bytesPerSecond);
  const unit = seconds < 300 ? 1 : seconds < 5 * 3600 ? 60 : 3600;
  return [`${formatDuration(Math.ceil(seconds / unit) * unit * 1000)} left`];
}

function isTerminal(stream: NodeJS.WritableStream): boolean {
  return 'isTTY' in stream && stream.isTTY === true;
}
