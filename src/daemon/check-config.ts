/** `repmgrd --check-config`: tells everything that is wrong with repmgr.conf. */
import { checkConfiguration, describeFinding, noConfigurationFound } from '../config/load.ts';
import type { Finding } from '../config/resolve.ts';
import { exitCodes } from '../errors.ts';
import type { Logger } from '../log/logger.ts';
import { systemConfigDirectory } from '../system/pg-config.ts';
import { workingDirectory } from '../system/working-directory.ts';

export interface CheckCall {
  /** Of `-f`; undefined: the one that is found. */
  readonly file: string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly log: Logger;
  readonly print: (text: string) => void;
}

/**
 * Writes each finding as a line of the log, and the verdict to stdout.
 * @returns the exit code: 0 where the file can be used, 1 where it cannot
 * @throws RepmgrError configuration_file_unreadable
 */
export async function checkConfigurationFile({ file, environment, log, print }: CheckCall): Promise<number> {
  const places = { file, workingDirectory: workingDirectory(), systemConfigDirectory };
  const checked = await checkConfiguration({ ...places, environment, program: 'repmgrd' });
  if (checked.kind === 'not-found') throw noConfigurationFound(checked.searched);
  log.info(`using configuration file "${checked.path}"`);
  const errors = checked.kind === 'invalid' ? checked.errors : [];
  for (const error of errors) log.error(describeFinding(error), error);
  for (const warning of checked.warnings) log.warning(describeFinding(warning), warning);
  print(`configuration file "${checked.path}" ${verdict(errors, checked.warnings)}\n`);
  return errors.length === 0 ? exitCodes.success : exitCodes.badConfiguration;
}

function verdict(errors: readonly Finding[], warnings: readonly Finding[]): string {
  const warned = warnings.length === 0 ? '' : count(warnings.length, 'warning');
  if (errors.length === 0) return warned === '' ? 'is valid' : `is valid, with ${warned}`;
  const failed = count(errors.length, 'error');
  return `has ${failed}${warned === '' ? '' : ` and ${warned}`}`;
}

function count(amount: number, noun: string): string {
  return `${amount} ${noun}${amount === 1 ? '' : 's'}`;
}
