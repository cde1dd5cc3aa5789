/** The forms of a log line (docs/logging.md). */
import { createColors } from 'picocolors';
import type { LogLevel, LogParts } from './logger.ts';

/**
 * - `plain`: `LEVEL: text`, as repmgr 3.3 writes on a terminal
 * - `timed`: `[2026-01-31 12:00:00] [LEVEL] text`, as repmgrd writes
 * - `json`: one object a line
 */
export type LineFormat = 'plain' | 'timed' | 'json';

export interface LogEntry {
  readonly level: LogLevel;
  readonly time: Date;
  readonly message: string;
  readonly parts: LogParts;
}

/** The severities of syslog, which order the levels: 0 is the worst. */
export const severities: Readonly<Record<LogLevel, number>> = {
  EMERG: 0,
  ALERT: 1,
  CRIT: 2,
  ERROR: 3,
  WARNING: 4,
  NOTICE: 5,
  INFO: 6,
  DEBUG: 7,
};

/**
 * Writes one entry as lines without their ends. A message of several lines gets its level before each of them; DETAIL
 * and HINT follow as lines of their own.
 */
export function formatEntry(entry: LogEntry, format: LineFormat, isColored: boolean): readonly string[] {
  if (format === 'json') return [formatJson(entry)];
  const { detail, hint } = entry.parts;
  const label = labelOf(entry.level);
  return [
    ...linesOf(entry.message).map((text) => [label, text] as const),
    ...linesOf(detail).map((text) => ['DETAIL', text] as const),
    ...linesOf(hint).map((text) => ['HINT', text] as const),
  ].map(([name, text]) => {
    const shown = isColored ? colored(name, entry.level) : name;
    return format === 'plain' ? `${shown}: ${text}` : `[${localTime(entry.time)}] [${shown}] ${text}`;
  });
}

function labelOf(level: LogLevel): string {
  return level === 'CRIT' ? 'CRITICAL' : level;
}

function linesOf(text: string | undefined): readonly string[] {
  return text === undefined ? [] : withoutControls(text).split('\n');
}

/** What a server or a program said must not move the cursor of a terminal or forge a line of the log. */
function withoutControls(text: string): string {
  return text
    .replace(/\r\n?/g, '\n')
    .replace(/\n+$/, '')
    .replace(/(?![\n\t])\p{Cc}/gu, (control) => {
      return `\\x${control.charCodeAt(0).toString(16).padStart(2, '0')}`;
    });
}

function formatJson(entry: LogEntry): string {
  return JSON.stringify({
    time: entry.time.toISOString(),
    level: entry.level,
    message: entry.message,
    detail: entry.parts.detail,
    hint: entry.parts.hint,
  });
}

function localTime(time: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const date = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  return `${date} ${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
}

const colors = createColors(true);

function colored(name: string, level: LogLevel): string {
  if (name === 'DETAIL' || name === 'HINT') return colors.cyan(name);
  if (severities[level] <= severities.ERROR) return colors.bold(colors.red(name));
  if (level === 'WARNING') return colors.bold(colors.yellow(name));
  return level === 'NOTICE' ? colors.green(name) : colors.dim(name);
}
