/** `repmgr cluster cleanup`: deletes old monitoring history. docs/monitoring-history.md */
import { cleanHistory, inspectHistory, planCleanup } from '../cluster/clean-history.ts';
import { recordEvent } from '../cluster/record-event.ts';
import { renderJson } from '../render/json.ts';
import { renderSteps } from '../render/steps.ts';
import type { CommandContext } from './command.ts';
import { checkedNodeId, requireConfig } from './local-node.ts';
import { connectToPrimary } from './primary-connection.ts';

/** Exit codes as repmgr 3: 6 without a local server or without a primary, 7 where PostgreSQL refuses to delete. */
export async function run(context: CommandContext): Promise<void> {
  const { options, log, signal } = context;
  const config = requireConfig(context);
  const { clusterName } = config;
  const node = options.nodeId ?? options.node;
  const wish = {
    keepDays: options.keepHistory ?? 0,
    nodeId: node === undefined ? undefined : checkedNodeId(node, '--node'),
  };
  const primary = await connectToPrimary(context);
  try {
    const facts = await inspectHistory(primary, clusterName, wish);
    const { steps, words } = planCleanup(facts, wish);
    const isJson = options.json === true;
    if (options.dryRun === true) {
      context.print(renderSteps(steps, { isJson }));
      return;
    }
    for (const step of steps) log.info(step);
    const deletedRows =
      steps.length === 0 ? 0 : await cleanHistory(primary, clusterName, facts, { log, signal });
    if (isJson) context.print(renderJson({ deletedRows }));
    const said = `${deletedRows} rows of monitoring history were deleted${words === '' ? '' : ` (${words})`}`;
    if (deletedRows === 0) {
      log.info(said);
      return;
    }
    const nodeId = checkedNodeId(config.nodeId, 'node');
    await recordEvent({
      connection: primary,
      config,
      log,
      event: { nodeId, name: 'cluster_cleanup', isSuccessful: true, details: said },
    });
    log.notice(said);
  } finally {
    await primary.close();
  }
}
