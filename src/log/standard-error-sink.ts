/** Log lines on stderr, with colours where it is a terminal. */
import type { Sink } from './sink.ts';

/** Lines on stderr; a reader that went away does not end the program. */
export function standardErrorSink(): Sink {
  const stream = process.stderr;
  if (stream.listenerCount('error') === 0) stream.on('error', () => {});
  return {
    isColored: stream.isTTY === true && (process.env['NO_COLOR'] ?? '') === '',
    write: (lines) => {
      stream.write(lines.map((line) => `${line}\n`).join(''));
    },
    reopen: () => {},
    close: async () => {},
  };
}
