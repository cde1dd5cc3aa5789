/**
 * Log lines for syslog, through one long-lived `logger` of util-linux: Node has no sockets of the kind that syslog
 * listens on.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Writable } from 'node:stream';
import { limits } from '../limits.ts';
import { severities } from './lines.ts';
import type { LogLevel } from './logger.ts';
import type { Sink } from './sink.ts';

export type SyslogFacility =
  | 'USER'
  | 'LOCAL0'
  | 'LOCAL1'
  | 'LOCAL2'
  | 'LOCAL3'
  | 'LOCAL4'
  | 'LOCAL5'
  | 'LOCAL6'
  | 'LOCAL7';

type LoggerProcess = ChildProcessByStdio<Writable, null, null>;

/** Lines for syslog under the name of the program; where `logger` is missing or ends, they go to stderr instead. */
export function syslogSink(facility: SyslogFacility, program: string): Sink {
  const child = startLogger(program);
  let hasEnded = false;
  let isStarting = true;
  let droppedLines = 0;
  let unconfirmed: string[] = [];
  const ended = new Promise<void>((resolve) => {
    const end = (reason: string | undefined): void => {
      if (hasEnded) return;
      hasEnded = true;
      if (reason !== undefined) {
        const warning = `WARNING: syslog cannot be used, log lines go to stderr: ${reason}`;
        writeToStandardError([warning, ...unconfirmed]);
      }
      resolve();
    };
    child.on('error', (error) => end(error.message));
    child.on('exit', (code) =>
      end(code === 0 && child.stdin.writableEnded ? undefined : `logger ended with exit code ${code}`),
    );
  });
  child.stdin.on('error', () => {});
  const confirmation = setTimeout(() => {
    isStarting = false;
    unconfirmed = [];
  }, limits.syslogStartMs).unref();
  writeToStandardError([`NOTICE: log lines go to syslog (${facility}) from here on`]);
  return {
    isColored: false,
    write: (lines, level) => {
      if (hasEnded) {
        writeToStandardError(lines);
        return;
      }
      if (child.stdin.writableLength > limits.syslogQueueBytes) {
        droppedLines += lines.length;
        return;
      }
      if (isStarting) unconfirmed.push(...lines);
      const report =
        droppedLines === 0 ? [] : [`WARNING: syslog was too slow, ${droppedLines} lines were dropped`];
      droppedLines = 0;
      child.stdin.write([...report, ...lines].map((line) => `${prefix(facility, level)}${line}\n`).join(''));
    },
    reopen: () => {},
    close: async () => {
      child.stdin.end();
      const deadline = setTimeout(() => child.kill('SIGKILL'), limits.syslogCloseMs);
      await ended;
      clearTimeout(deadline);
      clearTimeout(confirmation);
    },
  };
}

function startLogger(program: string): LoggerProcess {
  const identity = ['--prio-prefix', '--tag', program, `--id=${process.pid}`];
  // Without --socket-errors it ends with 0 where there is no syslog, and the lines are gone.
  const options = [...identity, '--socket-errors=on', '--size', '8KiB'];
  // Its own process group, so that Ctrl-C does not end it before the last lines are written.
  return spawn('logger', options, { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
}

/** `<N>` of RFC 5424: the facility times 8 and the severity. */
function prefix(facility: SyslogFacility, level: LogLevel): string {
  const userFacility = 1;
  const firstLocalFacility = 16;
  const number =
    facility === 'USER' ? userFacility : firstLocalFacility + Number(facility.slice('LOCAL'.length));
  return `<${number * 8 + severities[level]}>`;
}

function writeToStandardError(lines: readonly string[]): void {
  process.stderr.write(lines.map((line) => `${line}\n`).join(''));
}
