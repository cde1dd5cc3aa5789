#!/usr/bin/env node
/** The entry point of repmgr: arguments in, exit code out. */
import { setMaxListeners } from 'node:events';
import { runProgram } from './commands/run.ts';
import { exitCodes } from './errors.ts';

const interruption = new AbortController();
// Each node that is asked at the same time listens to it; without this Node warns of a leak from the eleventh on.
setMaxListeners(0, interruption.signal);
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.on(name, () => {
    // The second time somebody does not want to wait for things to be cleaned up.
    if (interruption.signal.aborted) process.exit(exitCodes.interrupted);
    interruption.abort();
  });
}
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // A reader such as `head` that has seen enough is no error.
  if (error.code === 'EPIPE') return;
  process.stderr.write(
    `ERROR: cannot write to stdout\nDETAIL: ${error.message}\nHINT: Free space there, or send the output elsewhere.\n`,
  );
  process.exitCode = exitCodes.systemFailure;
});

void runProgram({
  args: process.argv.slice(2),
  environment: process.env,
  signal: interruption.signal,
  print: (text) => void process.stdout.write(text),
}).then((exitCode) => {
  process.exitCode ||= exitCode;
});
