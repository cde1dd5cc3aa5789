/** `repmgr standby archive-config`: keeps the configuration files of the local server elsewhere. docs/promote-and-follow.md */
import { planStoring, storeConfiguration } from '../cluster/config-archive/archive.ts';
import { knownDataDirectory } from '../cluster/local-server.ts';
import { failure } from '../errors.ts';
import { renderSteps } from '../render/steps.ts';
import type { CommandContext } from './command.ts';
import { connectLocally, requireConfig } from './local-node.ts';

/** Exit codes as repmgr 3: 6 without a local server, 1 for anything else. */
export async function run(context: CommandContext): Promise<void> {
  const { options, log } = context;
  const { archive, dataDirectory, files } = await planStoring(
    await localDataDirectory(context),
    options.configArchiveDir ?? '',
  );
  if (options.dryRun === true) {
    const steps = files.map((name) => `copy "${name}" of "${dataDirectory}" to "${archive}"`);
    context.print(renderSteps(steps, { isJson: options.json === true }));
    return;
  }
  await storeConfiguration({ archive, dataDirectory, files });
  const counted = files.length === 1 ? '1 configuration file' : `${files.length} configuration files`;
  log.notice(`${counted} copied to "${archive}"`, { detail: `${files.join(', ')}.` });
}

async function localDataDirectory(context: CommandContext): Promise<string> {
  const connection = await connectLocally(context);
  try {
    const directory = await knownDataDirectory(requireConfig(context), connection);
    if (directory !== undefined) return directory;
  } finally {
    await connection.close();
  }
  throw failure('data_directory_unusable', {
    message: 'the data directory of the local server is not known',
    detail: 'PostgreSQL tells it to superusers and members of pg_read_all_settings only.',
    hint: 'Set "data_directory" in repmgr.conf.',
  });
}
