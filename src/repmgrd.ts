#!/usr/bin/env node
/** The entry point of repmgrd: arguments in, exit code out. */
import { runDaemonProgram } from './daemon/program.ts';

process.exitCode = await runDaemonProgram({
  args: process.argv.slice(2),
  environment: process.env,
  workingDirectory: process.cwd(),
});
