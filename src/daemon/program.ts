/** repmgrd as a program: from its arguments to its exit code. */
import { exitCodes, failure, RepmgrError } from '../errors.ts';
import type { Logger } from '../log/logger.ts';
import { createLogger } from '../log/sinks.ts';
import { systemConfigDirectory } from '../system/pg-config.ts';
import { refusalOfRoot } from '../system/privileges.ts';
import { checkConfigurationFile } from './check-config.ts';
import { daemonHelp, type DaemonOptions, parseDaemonArguments } from './options.ts';

export interface ProgramCall {
  /** Without the program itself. */
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly workingDirectory: string;
}

/** Runs repmgrd and tells its exit code (docs/exit-codes.md); errors are written to stderr. It never throws. */
export async function runDaemonProgram(call: ProgramCall): Promise<number> {
  const commandLine = parseDaemonArguments(call.args);
  switch (commandLine.kind) {
    case 'help':
      print(daemonHelp);
      return exitCodes.success;
    case 'version':
      print(`repmgrd ${process.env['REPMGR_VERSION'] ?? 'of a source tree'} (PostgreSQL 9.3-18)\n`);
      return exitCodes.success;
    case 'invalid':
      return await reportErrors(createLogger({ program: 'repmgrd' }), async () => {
        throw (
          refusalOfRoot(['repmgrd', ...call.args]) ??
          failure('usage', {
            message: commandLine.errors.join('\n'),
            hint: 'Show the options with: repmgrd --help',
          })
        );
      });
    case 'run':
      return await runWithOptions(commandLine.options, call);
  }
}

async function runWithOptions(options: DaemonOptions, call: ProgramCall): Promise<number> {
  const { logLevel: level, isVerbose, isTerse } = options;
  const log = createLogger({ program: 'repmgrd', level, isVerbose, isTerse });
  return await reportErrors(log, async () => {
    const refusal = refusalOfRoot(['repmgrd', ...call.args]);
    if (refusal !== undefined) throw refusal;
    if (options.checksConfigOnly) {
      const load = { ...call, file: options.configFile, program: 'repmgrd', systemConfigDirectory } as const;
      return await checkConfigurationFile(load, log, (line) => print(`${line}\n`));
    }
    throw failure('not_built_yet', {
      message: 'this version of repmgrd cannot monitor a cluster yet',
      detail: 'It checks configuration files.',
      hint: 'Check yours with: repmgrd --check-config; promote a standby by hand with: repmgr standby promote',
    });
  });
}

/** Errors become lines and an exit code; whatever is no RepmgrError is a defect, and says so without a stack trace. */
async function reportErrors(log: Logger, work: () => Promise<number>): Promise<number> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof RepmgrError) {
      log.error(error.message, error);
      return error.exitCode;
    }
    log.error(`internal error: ${error instanceof Error ? error.message : String(error)}`, {
      hint: 'Please report this together with the command line.',
    });
    return exitCodes.internalError;
  } finally {
    await log.close();
  }
}

function print(text: string): void {
  process.stdout.write(text);
}
