/** `repmgr primary register`: the first command of a cluster. docs/metadata.md */
import { recordEvent } from '../cluster/record-event.ts';
import { planPrimaryRegistration } from '../cluster/register/primary-plan.ts';
import { inspectPrimaryRegistration, registerPrimary } from '../cluster/register/primary.ts';
import { ownRecord } from '../cluster/register/record.ts';
import { redactConninfo } from '../model/conninfo.ts';
import { renderSteps } from '../render/steps.ts';
import type { CommandContext } from './command.ts';
import { tellFormerReferences } from './former-references.ts';
import { connectLocally, requireConfig } from './local-node.ts';
import { refuseUnlessPaused } from './lost-metadata.ts';

/** Exit codes as repmgr 3: 6 without a local server, 7 when the row cannot be written, 1 for anything refused. */
export async function run(context: CommandContext): Promise<void> {
  const { options, log, signal } = context;
  const config = requireConfig(context);
  const connection = await connectLocally(context);
  try {
    const node = ownRecord(config, 'primary', undefined);
    const wish = { node, daemonAddress: config.apiAdvertise, force: options.force === true };
    const facts = await inspectPrimaryRegistration(connection, config, { log, signal });
    if (facts.schema.kind === 'missing' && !wish.force) await refuseUnlessPaused(context);
    const { steps } = planPrimaryRegistration(facts, wish);
    if (options.dryRun === true) {
      context.print(renderSteps(steps, { isJson: options.json === true }));
      return;
    }
    for (const step of steps) log.info(step);
    await registerPrimary(connection, facts, wish);
    const report = { connection, config, log };
    if (facts.schema.kind === 'missing') {
      await recordEvent({
        ...report,
        event: { nodeId: node.id, name: 'cluster_created', isSuccessful: true },
      });
    }
    await recordEvent({
      ...report,
      event: { nodeId: node.id, name: 'master_register', isSuccessful: true },
    });
    log.notice(
      `primary node registered for cluster "${config.clusterName}": ID ${node.id}, conninfo "${redactConninfo(node.conninfo)}"`,
    );
    await tellFormerReferences(context, connection, { nodes: facts.nodes, after: node });
  } finally {
    await connection.close();
  }
}
