#!/usr/bin/env node
/** The entry point of repmgrd: arguments in, exit code out. */
import { runDaemonProgram } from './daemon/program.ts';
import { exitCodes } from './errors.ts';

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // A reader such as `head` that has seen enough is no error.
  if (error.code === 'EPIPE') return;
  process.stderr.write(
    `ERROR: cannot write to stdout\nDETAIL: ${error.message}\nHINT: Free space there, or send the output elsewhere.\n`,
  );
  process.exitCode = exitCodes.systemFailure;
});

void runDaemonProgram({
  args: process.argv.slice(2),
  environment: process.env,
}).then((exitCode) => {
  process.exitCode ||= exitCode;
});
