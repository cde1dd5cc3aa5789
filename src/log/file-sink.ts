/** Log lines added to a file. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { failure } from '../errors.ts';
import { quoteForShell } from '../model/shell-word.ts';
import type { Sink } from './sink.ts';

/**
 * Adds lines to the end of a file, each in one write, so that several processes may share it.
 * @throws RepmgrError log_file_unwritable
 */
export function fileSink(path: string): Sink {
  let descriptor = open(path);
  process.stderr.write(`NOTICE: log lines go to "${path}" from here on\n`);
  return {
    isColored: false,
    write: (lines) => {
      try {
        writeSync(descriptor, lines.map((line) => `${line}\n`).join(''));
      } catch {
        // A full disk must not stop a failover; stderr is the last place that may still be read.
        process.stderr.write(lines.map((line) => `${line}\n`).join(''));
      }
    },
    reopen: () => {
      const reopened = open(path);
      closeSync(descriptor);
      descriptor = reopened;
    },
    close: async () => closeSync(descriptor),
  };
}

const mode = 0o640;

function open(path: string): number {
  try {
    return openSync(path, 'a', mode);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw failure('log_file_unwritable', {
      message: `cannot write to log file "${path}"`,
      detail: `The system says: ${reason}`,
      hint: `Make the directory writable for this user, or change logfile: ls -ld ${quoteForShell(dirname(path))}`,
    });
  }
}
