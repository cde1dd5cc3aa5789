/** Where `cluster import` puts the new repmgr.conf: in a file of --output, or on stdout without its passwords. */
import { lstat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { ConvertedConfiguration } from '../config/from-repmgr5.ts';
import { failure } from '../errors.ts';
import { renderJson } from '../render/json.ts';
import { writeDurably } from '../system/durable-file.ts';
import { workingDirectory } from '../system/working-directory.ts';
import type { CommandContext } from './command.ts';

/** @throws RepmgrError output_file_unwritable where there is one already, and no --force */
export async function refuseExistingOutput({ options }: CommandContext): Promise<void> {
  if (options.output === undefined || options.force === true) return;
  const path = resolve(workingDirectory(), options.output);
  const isThere = await lstat(path).then(
    () => true,
    () => false,
  );
  if (!isThere) return;
  throw failure('output_file_unwritable', {
    message: `"${path}" exists already`,
    detail: 'Nothing was changed.',
    hint: 'Name another file with --output, or add --force to replace it.',
  });
}

/** The step of a plan that `deliver` does. */
export function deliveryStep({ options }: CommandContext): string {
  return options.output === undefined
    ? 'print the repmgr.conf of this node for this repmgr'
    : `write the repmgr.conf of this node for this repmgr to "${resolve(workingDirectory(), options.output)}"`;
}

/** @throws RepmgrError output_file_unwritable */
export async function deliver(
  context: CommandContext,
  steps: readonly string[],
  configuration: ConvertedConfiguration,
): Promise<void> {
  const { options, log } = context;
  const { text, shown, remarks } = configuration;
  const isJson = options.json === true;
  const warnings = [...remarks];
  if (options.output !== undefined) await write(resolve(workingDirectory(), options.output), text, log);
  else if (shown !== text) {
    warnings.push('passwords are not printed; with --output=FILE they are written, for the owner alone');
  }
  if (isJson) context.print(renderJson({ steps, configuration: shown, warnings }));
  else {
    for (const warning of warnings) log.warning(warning);
    if (options.output === undefined) context.print(shown);
  }
}

async function write(path: string, text: string, log: CommandContext['log']): Promise<void> {
  try {
    await writeDurably(path, text, { mode: 0o600 });
  } catch (error) {
    throw failure('output_file_unwritable', {
      message: `cannot write "${path}"`,
      detail: `${error instanceof Error ? error.message : String(error)}.`,
      hint: `Look at the directory: ls -ld "${dirname(path)}"; then write the file alone, with --config-only.`,
      cause: error,
    });
  }
  log.notice(`the repmgr.conf of this node is in "${path}"`);
}
