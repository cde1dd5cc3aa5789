/** The course of both unregister commands; they may run on any node and mean any other. */
import { requirePrimary } from '../cluster/find-primary.ts';
import { listNodes } from '../cluster/metadata/nodes.ts';
import { requireSchema } from '../cluster/metadata/schema.ts';
import { recordEvent } from '../cluster/record-event.ts';
import { findTarget, planUnregistration, unregisterNode } from '../cluster/register/unregister.ts';
import { RepmgrError } from '../errors.ts';
import type { NodeRecord } from '../model/node.ts';
import { connect, type Connection } from '../postgres/connection.ts';
import { isInRecovery } from '../postgres/queries/server.ts';
import { renderSteps } from '../render/steps.ts';
import type { CommandContext } from './command.ts';
import { connectLocally, requireConfig, targetOf } from './local-node.ts';

/** @throws RepmgrError of the connection, of the search for the primary and of the plan */
export async function unregister(context: CommandContext, role: 'primary' | 'standby'): Promise<void> {
  const { options, log, signal } = context;
  const config = requireConfig(context);
  const target = targetOf(context);
  const local = await connectLocally(context);
  let primary: Connection | undefined;
  try {
    await requireSchema(local, config.clusterName);
    primary = (await requirePrimary(local, config.clusterName, { log, signal })).connection;
    const nodes = await listNodes(primary, config.clusterName);
    const isTargetInRecovery =
      role === 'primary' ? await askForRecovery(findTarget(nodes, target), signal) : undefined;
    const wish = { role, target, force: options.force === true, isTargetInRecovery };
    const { steps } = planUnregistration(nodes, wish);
    if (options.dryRun === true) {
      context.print(renderSteps(steps, { isJson: options.json === true }));
      return;
    }
    for (const step of steps) log.info(step);
    const node = await unregisterNode(primary, config.clusterName, wish);
    await recordEvent({
      connection: primary,
      config,
      log,
      event: { nodeId: node.id, name: `${role}_unregister`, isSuccessful: true },
    });
    log.notice(`${role} node "${node.name}" (ID: ${node.id}) is not registered any more`, {
      hint: slotHint(node),
    });
  } finally {
    await primary?.close();
    await local.close();
  }
}

/** A slot outlives its node and keeps WAL for it until the disk is full. */
function slotHint({ slotName }: NodeRecord): string | undefined {
  return slotName === undefined
    ? undefined
    : `If the node is gone for good, drop its slot on its upstream: SELECT pg_drop_replication_slot('${slotName}').`;
}

async function askForRecovery(node: NodeRecord, signal: AbortSignal): Promise<boolean | undefined> {
  let connection: Connection | undefined;
  try {
    connection = await connect(node.conninfo, { signal });
    return await isInRecovery(connection);
  } catch (error) {
    if (!(error instanceof RepmgrError) || error.code === 'interrupted') throw error;
    return undefined;
  } finally {
    await connection?.close();
  }
}
