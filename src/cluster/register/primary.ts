/** Registers the local server as the primary: inspect, plan, and one transaction that does it. */
import { failure } from '../../errors.ts';
import type { Config } from '../../config/resolve.ts';
import type { Logger } from '../../log/logger.ts';
import type { NodeRecord } from '../../model/node.ts';
import type { Connection } from '../../postgres/connection.ts';
import { recoveryState } from '../../postgres/queries/recovery-state.ts';
import { systemIdentifier } from '../../postgres/queries/server.ts';
import { findPrimary, severalPrimaries } from '../find-primary.ts';
import { recordedSystemIdentifier, writeClusterRow } from '../metadata/cluster-row.ts';
import { recordDaemonAddress } from '../metadata/daemon-addresses.ts';
import { makeSchema } from '../metadata/make-schema.ts';
import { insertNode, listNodes, lockNodes, updateNode } from '../metadata/nodes.ts';
import { inspectSchema, refuseUnknownSchema } from '../metadata/schema.ts';
import { planPrimaryRegistration, type PrimaryFacts } from './primary-plan.ts';
import type { RegistrationWish } from './record.ts';

/**
 * Looks at the local server, its metadata and all other nodes; changes nothing.
 * @throws RepmgrError not_a_primary, schema_unknown, several_primaries, or of the queries
 */
export async function inspectPrimaryRegistration(
  connection: Connection,
  config: Config,
  options: { readonly log: Logger; readonly signal: AbortSignal },
): Promise<PrimaryFacts> {
  const local = await recoveryState(connection);
  if (local.isInRecovery) {
    throw failure('not_a_primary', {
      message: 'the local server is a standby and cannot be registered as a primary',
      detail: `${connection.host}:${connection.port} is in recovery.`,
      hint: 'Run "repmgr standby register" for it, or "repmgr standby promote" to make it the primary.',
    });
  }
  const schema = await inspectSchema(connection, config.clusterName);
  refuseUnknownSchema(schema, config.clusterName);
  const identifier = await systemIdentifier(connection);
  if (schema.kind === 'missing') {
    return {
      schema,
      nodes: [],
      systemIdentifier: identifier,
      recordedSystemIdentifier: undefined,
      otherPrimary: undefined,
    };
  }
  return {
    schema,
    nodes: await listNodes(connection, config.clusterName),
    systemIdentifier: identifier,
    recordedSystemIdentifier: await recordedIdentifier(connection, config, schema),
    otherPrimary: await findOtherPrimary(connection, config, local.instance, options),
  };
}

/**
 * Creates what is missing of the schema and writes the rows, all or nothing. The plan is made again under the lock, as
 * somebody else may have registered in between.
 * @throws RepmgrError of the plan, query_failed, query_timeout or connection_lost
 */
export async function registerPrimary(
  connection: Connection,
  facts: PrimaryFacts,
  wish: RegistrationWish,
): Promise<void> {
  const { node, daemonAddress } = wish;
  const cluster = node.clusterName;
  await connection.transaction(async () => {
    await makeSchema(connection, cluster);
    await lockNodes(connection, cluster);
    const nodes = await listNodes(connection, cluster);
    const { change, formerPrimaries } = planPrimaryRegistration({ ...facts, nodes }, wish);
    for (const former of formerPrimaries)
      await updateNode(connection, cluster, { ...former, isActive: false });
    await (change === 'insert' ? insertNode : updateNode)(connection, cluster, node);
    await recordDaemonAddress(connection, cluster, node.id, daemonAddress);
    await writeClusterRow(connection, cluster, facts.systemIdentifier);
  });
}

async function recordedIdentifier(
  connection: Connection,
  config: Config,
  schema: PrimaryFacts['schema'],
): Promise<string | undefined> {
  return schema.kind === 'ours' ? recordedSystemIdentifier(connection, config.clusterName) : undefined;
}

async function findOtherPrimary(
  connection: Connection,
  config: Config,
  localInstance: string,
  options: { readonly log: Logger; readonly signal: AbortSignal },
): Promise<NodeRecord | undefined> {
  const found = await findPrimary(connection, config.clusterName, options);
  if (found.kind === 'several') throw severalPrimaries(found.nodes);
  if (found.kind === 'none') return undefined;
  try {
    const { instance } = await recoveryState(found.connection);
    return instance === localInstance ? undefined : found.node;
  } finally {
    await found.connection.close();
  }
}
