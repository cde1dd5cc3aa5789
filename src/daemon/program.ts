/** repmgrd as a program: from its arguments to its exit code. */
import { exitCodes, failure, RepmgrError } from '../errors.ts';
import type { Logger } from '../log/logger.ts';
import { createLogger } from '../log/sinks.ts';
import { redactConninfo } from '../model/conninfo.ts';
import { programVersion } from './program-version.ts';
import { daemonHelp, type DaemonOptions, optionsOfDaemon, parseDaemonArguments } from './options.ts';

export interface ProgramCall {
  /** Without the program itself. */
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Runs repmgrd and tells its exit code (docs/exit-codes.md); errors are written to stderr. It never throws. */
export async function runDaemonProgram(call: ProgramCall): Promise<number> {
  const commandLine = parseDaemonArguments(call.args);
  switch (commandLine.kind) {
    case 'help':
      print(daemonHelp);
      return exitCodes.success;
    case 'version':
      print(`repmgrd ${programVersion} (PostgreSQL 9.3-18)\n`);
      return exitCodes.success;
    case 'invalid':
      return await reportErrors(await createLogger({ program: 'repmgrd' }), async () => {
        throw failure('usage', {
          message: commandLine.errors.join('\n'),
          detail: optionsOfDaemon,
          hint: 'Show the options with: repmgrd --help',
        });
      });
    case 'run':
      return await runWithOptions(commandLine.options, call);
  }
}

async function runWithOptions(options: DaemonOptions, call: ProgramCall): Promise<number> {
  const { logLevel: level, isVerbose, isTerse } = options;
  const log = await createLogger({ program: 'repmgrd', level, isVerbose, isTerse });
  return await reportErrors(log, async () => {
    if (process.getuid?.() === 0) {
      const { refusalOfRoot } = await import('../system/privileges.ts');
      throw refusalOfRoot(['repmgrd', ...call.args]);
    }
    if (options.checksConfigOnly) {
      const { checkConfigurationFile } = await import('./check-config.ts');
      const { environment } = call;
      return await checkConfigurationFile({ file: options.configFile, environment, log, print });
    }
    const { startProgram } = await import('./start-program.ts');
    return await startProgram({ ...call, options, log, print });
  });
}

/** Errors become lines and an exit code; whatever is no RepmgrError is a defect, and only DEBUG shows its stack. */
async function reportErrors(log: Logger, work: () => Promise<number>): Promise<number> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof RepmgrError) {
      log.error(error.message, error);
      return error.exitCode;
    }
    const defect = error instanceof Error ? error : new Error(String(error));
    log.error('internal error', {
      detail: redactConninfo(`${defect.name}: ${defect.message}`),
      hint: 'This is a defect of repmgrd; please report it together with what --log-level=DEBUG writes.',
    });
    log.debug(redactConninfo(defect.stack ?? ''));
    return exitCodes.internalError;
  } finally {
    await log.close();
  }
}

function print(text: string): void {
  process.stdout.write(text);
}
