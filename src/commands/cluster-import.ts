/** `repmgr cluster import --from-repmgr5`: a cluster of repmgr 4 or 5 goes on with this repmgr. docs/upgrading.md */
import { importMetadata, inspectImport } from '../cluster/import/import.ts';
import { planImport, summaryOf } from '../cluster/import/plan.ts';
import { recordEvent } from '../cluster/record-event.ts';
import { convertRepmgr5Configuration, type ConvertedConfiguration } from '../config/from-repmgr5.ts';
import { readConfigurationLines } from '../config/load.ts';
import type { Config } from '../config/resolve.ts';
import { failure } from '../errors.ts';
import { quoteForShell } from '../model/shell-word.ts';
import type { Connection } from '../postgres/connection.ts';
import { renderSteps } from '../render/steps.ts';
import type { CommandContext } from './command.ts';
import { deliver, deliveryStep, refuseExistingOutput } from './converted-configuration.ts';
import { checkedNodeId, connectLocally, requireConfig } from './local-node.ts';
import { warnOfPreloadedLibrary } from './preloaded-library.ts';

/** Exit codes: 1 for anything refused, 6 without a server, 7 for a statement; nothing is changed then. */
export async function run(context: CommandContext): Promise<void> {
  const { options } = context;
  if (options.fromRepmgr5 !== true) {
    throw failure('usage', {
      message: 'cluster import needs to know what to import',
      detail: 'The one kind of metadata that can be imported is that of repmgr 4 and 5.',
      hint: 'Add --from-repmgr5.',
    });
  }
  const config = requireConfig(context);
  const configuration = convertRepmgr5Configuration(await readConfigurationLines(config), config.clusterName);
  await refuseExistingOutput(context);
  if (options.configOnly === true) {
    await deliver(context, [], configuration);
    return;
  }
  const connection = await connectLocally(
    context,
    'Start the PostgreSQL of this node: its metadata are imported.',
  );
  try {
    await importFrom(context, config, connection, configuration);
  } finally {
    await connection.close();
  }
}

async function importFrom(
  context: CommandContext,
  config: Config,
  connection: Connection,
  configuration: ConvertedConfiguration,
): Promise<void> {
  const { options, log } = context;
  const { metadata, present } = await inspectImport(connection, config.clusterName);
  const steps = [...planImport(config.clusterName, metadata, present), deliveryStep(context)];
  if (options.dryRun === true) {
    context.print(renderSteps(steps, { isJson: options.json === true }));
    return;
  }
  for (const step of steps) log.info(step);
  await importMetadata(connection, config.clusterName);
  const nodeId = checkedNodeId(config.nodeId, 'node');
  const details = `imported from repmgr 5: ${summaryOf(metadata)}`;
  await recordEvent({
    connection,
    config,
    log,
    event: { nodeId, name: 'cluster_created', isSuccessful: true, details },
  });
  const other = `repmgr -f FILE --cluster=${quoteForShell(config.clusterName)} cluster import --from-repmgr5 --config-only`;
  log.notice(`cluster "${config.clusterName}" was ${details}`, {
    hint: `Make what is printed or written the repmgr.conf of this node; on each other node run: ${other}. Stop repmgrd of repmgr 5 everywhere before that of this repmgr is started.`,
  });
  await warnOfPreloadedLibrary(context, connection);
  await deliver(context, steps, configuration);
}
