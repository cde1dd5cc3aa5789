/** The course of all unregister commands; they may run on any node and mean any other. */
import { requirePrimary } from '../cluster/find-primary.ts';
import { listNodes } from '../cluster/metadata/nodes.ts';
import { requireSchema } from '../cluster/metadata/schema.ts';
import { recordEvent } from '../cluster/record-event.ts';
import { findTarget, planUnregistration, unregisterNode } from '../cluster/register/unregister.ts';
import { removeFromCopy } from '../cluster/witness/unregister.ts';
import { RepmgrError } from '../errors.ts';
import type { NodeRecord, NodeRole } from '../model/node.ts';
import { connect, type Connection } from '../postgres/connection.ts';
import { isInRecovery } from '../postgres/queries/server.ts';
import { renderSteps } from '../render/steps.ts';
import type { CommandContext } from './command.ts';
import { connectLocally, hasNoServer, requireConfig, targetOf } from './local-node.ts';
import { connectToPrimary } from './witness-primary.ts';

/** @throws RepmgrError of the connection, of the search for the primary and of the plan */
export async function unregister(context: CommandContext, role: NodeRole): Promise<void> {
  const { options, log, signal } = context;
  const config = requireConfig(context);
  const target = targetOf(context);
  const local = await connectToAnyNode(context, role);
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
    if (role === 'witness') await forgetOnWitness(node, context);
    await recordEvent({
      connection: primary,
      config,
      log,
      event: { nodeId: node.id, name: `${role}_unregister`, isSuccessful: true },
    });
    log.notice(`${role} node "${node.name}" (ID: ${node.id}) is not registered any more`, {
      hint: slotHint(node) ?? daemonHint(node),
    });
  } finally {
    await primary?.close();
    await local.close();
  }
}

/** A witness that is down may be unregistered by the connection options of the primary. */
async function connectToAnyNode(context: CommandContext, role: NodeRole): Promise<Connection> {
  const { host, dbname } = context.options;
  const isPrimaryNamed = role === 'witness' && (host ?? dbname) !== undefined;
  if (!isPrimaryNamed && hasNoServer(context)) {
    const { connectToKnownNode } = await import('./known-cluster.ts');
    return await connectToKnownNode(requireConfig(context), context.signal);
  }
  return isPrimaryNamed
    ? await connectToPrimary(context)
    : await connectLocally(
        context,
        role === 'witness'
          ? 'If the witness is gone, add -h HOST of the primary, or run this on another node with --node-id.'
          : undefined,
      );
}

/** The witness has a copy of its own, which nobody else corrects. */
async function forgetOnWitness(node: NodeRecord, { log, signal }: CommandContext): Promise<void> {
  if (node.conninfo === '') return;
  let witness: Connection | undefined;
  try {
    witness = await connect(node.conninfo, { signal });
    await removeFromCopy(witness, node.clusterName, node.id);
  } catch (error) {
    if (!(error instanceof RepmgrError) || error.code === 'interrupted') throw error;
    log.warning(`the copy of the metadata on witness "${node.name}" still has its row`, {
      detail: error.message,
      hint: 'Nothing reads it any more. To remove the copy: DROP SCHEMA there.',
    });
  } finally {
    await witness?.close();
  }
}

/** A slot outlives its node and keeps WAL for it until the disk is full. */
function slotHint({ slotName }: NodeRecord): string | undefined {
  return slotName === undefined
    ? undefined
    : `If the node is gone for good, drop its slot on its upstream: SELECT pg_drop_replication_slot('${slotName}').`;
}

/** Its repmgrd, which has nothing else to do, goes on asking the others. */
function daemonHint({ role, conninfo }: NodeRecord): string | undefined {
  return role === 'witness' && conninfo === ''
    ? 'On its machine: repmgr daemon stop; then remove its state file from state_directory.'
    : undefined;
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
