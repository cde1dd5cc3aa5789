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
  let child: LoggerProcess | undefined = startLogger(program);
  let droppedLines = 0;
  const giveUp = (reason: string): void => {
    if (child === undefined) return;
    child = undefined;
    process.stderr.write(`WARNING: syslog cannot be used, log lines go to stderr: ${reason}\n`);
  };
  const ended = new Promise<void>((resolve) => {
    child?.on('error', (error) => {
      giveUp(error.message);
      resolve();
    });
    child?.on('exit', (code) => {
      giveUp(`logger ended with exit code ${code}`);
      resolve();
    });
  });
  child.stdin.on('error', () => {});
  process.stderr.write(`NOTICE: log lines go to syslog (${facility}) from here on\n`);
  return {
    isColored: false,
    write: (lines, level) => {
      if (child === undefined) {
        process.stderr.write(lines.map((line) => `${line}\n`).join(''));
        return;
      }
      if (child.stdin.writableLength > limits.syslogQueueBytes) {
        droppedLines += lines.length;
        return;
      }
      const report =
        droppedLines === 0 ? [] : [`WARNING: syslog was too slow, ${droppedLines} lines were dropped`];
      droppedLines = 0;
      child.stdin.write([...report, ...lines].map((line) => `${prefix(facility, level)}${line}\n`).join(''));
    },
    reopen: () => {},
    close: async () => {
      const last = child;
      child = undefined;
      if (last === undefined) return;
      last.stdin.end();
      const deadline = setTimeout(() => last.kill('SIGKILL'), limits.syslogCloseMs);
      await ended;
      clearTimeout(deadline);
    },
  };
}

function startLogger(program: string): LoggerProcess {
  const options = ['--prio-prefix', '--tag', program, `--id=${process.pid}`, '--size', '8KiB'];
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
