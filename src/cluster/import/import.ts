/** Imports the metadata of repmgr 5 on the primary: inspect, plan, and one transaction that does it. */
import { failure } from '../../errors.ts';
import { limits } from '../../limits.ts';
import type { NodeRecord } from '../../model/node.ts';
import type { Connection } from '../../postgres/connection.ts';
import { isInRecovery, systemIdentifier } from '../../postgres/queries/server.ts';
import { writeClusterRow } from '../metadata/cluster-row.ts';
import { makeSchema } from '../metadata/make-schema.ts';
import { qualified } from '../metadata/names.ts';
import { listNodes, lockNodes } from '../metadata/nodes.ts';
import { inspectSchema, refuseUnknownSchema } from '../metadata/schema.ts';
import { planImport } from './plan.ts';
import { readRepmgr5Metadata, type Repmgr5Metadata } from './repmgr5.ts';

export interface ImportFacts {
  readonly metadata: Repmgr5Metadata;
  /** Of our own schema of this cluster; undefined where there is none. */
  readonly present: readonly NodeRecord[] | undefined;
}

/**
 * Looks, and changes nothing.
 * @throws RepmgrError not_a_primary, schema_missing (of repmgr 5), schema_unknown (ours), or of the statements
 */
export async function inspectImport(connection: Connection, cluster: string): Promise<ImportFacts> {
  const metadata = await readRepmgr5Metadata(connection);
  const schema = await inspectSchema(connection, cluster);
  refuseUnknownSchema(schema, cluster);
  if (await isInRecovery(connection)) {
    const primary = metadata.nodes.find(({ type, isActive }) => type === 'primary' && isActive);
    throw failure('not_a_primary', {
      message: 'metadata can be imported on the primary only',
      detail: `${connection.host}:${connection.port} is in recovery${primary === undefined ? '' : `; repmgr 5 has "${primary.name}" (ID: ${primary.id}) as the primary`}.`,
      hint: 'Import there; what is imported reaches this node by replication. For repmgr.conf of this node add --config-only.',
    });
  }
  return {
    metadata,
    present: schema.kind === 'missing' ? undefined : await listNodes(connection, cluster),
  };
}

/**
 * Makes the schema and copies nodes, events and history, all or nothing.
 * @throws RepmgrError of the plan, query_failed, query_timeout or connection_lost
 */
export async function importMetadata(connection: Connection, cluster: string): Promise<void> {
  const identifier = await systemIdentifier(connection);
  await connection.transaction(async () => {
    await makeSchema(connection, cluster);
    await lockNodes(connection, cluster);
    const nodes = await listNodes(connection, cluster);
    // Whoever imports at the same moment has waited for the lock until here.
    planImport(cluster, await readRepmgr5Metadata(connection), nodes.length === 0 ? undefined : nodes);
    // A witness streams from nobody: repmgr 3 has neither upstream nor slot for it.
    await connection.query(
      `INSERT INTO ${qualified(cluster, 'repl_nodes')}
              (id, type, upstream_node_id, cluster, name, conninfo, slot_name, priority, active)
       SELECT node_id, CASE type WHEN 'primary' THEN 'master' ELSE type END,
              CASE WHEN type <> 'witness' THEN upstream_node_id END, $1, node_name, conninfo,
              CASE WHEN type <> 'witness' THEN slot_name END, priority, active
         FROM repmgr.nodes`,
      [cluster],
    );
    for (const statement of [copyOfEvents(cluster), copyOfHistory(cluster)]) {
      await connection.query(statement, [], { deadlineMs: limits.metadataChangeMs });
    }
    await writeClusterRow(connection, cluster, identifier);
  });
}

function copyOfEvents(cluster: string): string {
  const columns = 'node_id, event, successful, event_timestamp, details';
  return `INSERT INTO ${qualified(cluster, 'repl_events')} (${columns}) SELECT ${columns} FROM repmgr.events`;
}

function copyOfHistory(cluster: string): string {
  return `
    INSERT INTO ${qualified(cluster, 'repl_monitor')}
           (primary_node, standby_node, last_monitor_time, last_apply_time, last_wal_primary_location,
            last_wal_standby_location, replication_lag, apply_lag)
    SELECT primary_node_id, standby_node_id, last_monitor_time, last_apply_time, last_wal_primary_location::text,
           last_wal_standby_location::text, replication_lag, apply_lag
      FROM repmgr.monitoring_history`;
}
