/** `repmgr cluster upgrade-schema`: metadata of repmgr 2 become those of repmgr 3. docs/upgrading.md */
import { newlyPromotable, planSchemaUpgrade } from '../cluster/upgrade/plan.ts';
import { inspectSchemaUpgrade, upgradeSchema } from '../cluster/upgrade/upgrade.ts';
import { ownCommand } from '../cluster/own-command.ts';
import type { Config } from '../config/resolve.ts';
import { renderJson } from '../render/json.ts';
import { renderSqlScript } from '../render/sql-script.ts';
import type { CommandContext } from './command.ts';
import { checkedNodeId, connectLocally, requireConfig } from './local-node.ts';
import { warnOfPreloadedLibrary } from './preloaded-library.ts';

/** Exit codes: 0 also where nothing is to be done, 1 for anything refused, 6 without a server, 7 for a statement. */
export async function run(context: CommandContext): Promise<void> {
  const { options, log } = context;
  const config = requireConfig(context);
  const nodeId = checkedNodeId(config.nodeId, 'node');
  const connection = await connectLocally(context);
  try {
    const schema = await inspectSchemaUpgrade(connection, config.clusterName);
    if (schema.kind === 'current') {
      reportNothingToDo(context, config, schema.isOurs);
      await warnOfPreloadedLibrary(context, connection);
      return;
    }
    const steps = planSchemaUpgrade(config.clusterName, schema.found, nodeId);
    if (options.dryRun === true) {
      context.print(options.json === true ? renderJson({ steps }) : renderSqlScript(steps));
      return;
    }
    await upgradeSchema(connection, config.clusterName, nodeId, ({ words }) => log.info(words));
    log.notice(`the metadata of cluster "${config.clusterName}" are those of repmgr 3 now`, {
      hint: `Complete them: ${ownCommand(config, 'primary register --force')} here, then "repmgr standby register --force" on each standby.`,
    });
    for (const { id, name, priority } of newlyPromotable(schema.found.nodes)) {
      log.warning(`node "${name}" (ID: ${id}) had priority ${priority} and can be promoted now`, {
        hint: 'If it must never be: write priority=0 into its repmgr.conf and register it again with --force.',
      });
    }
    await warnOfPreloadedLibrary(context, connection);
  } finally {
    await connection.close();
  }
}

function reportNothingToDo(context: CommandContext, config: Config, isOurs: boolean): void {
  const { options, log } = context;
  if (options.json === true) context.print(renderJson({ steps: [] }));
  const schema = `the metadata of cluster "${config.clusterName}"`;
  if (isOurs) log.notice(`${schema} are up to date`);
  else {
    log.notice(`${schema} are those of repmgr 3, which work as they stand`, {
      hint: `Add the tables of repmgrd with: ${ownCommand(config, 'primary register --force')}`,
    });
  }
}
