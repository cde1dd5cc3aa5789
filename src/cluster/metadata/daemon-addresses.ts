/** Where the repmgrd of each node is reached: `api_address` of `repmgr_node`, a table of ours beside repmgr 3's. */
import type { NodeId } from '../../model/node.ts';
import type { Connection } from '../../postgres/connection.ts';
import { qualified } from './names.ts';

/** Call inside `changeNodes`: PostgreSQL before 9.5 has no ON CONFLICT. */
export async function recordDaemonAddress(
  connection: Connection,
  cluster: string,
  id: NodeId,
  address: string,
): Promise<void> {
  const table = qualified(cluster, 'repmgr_node');
  const updated = await connection.query<{ node_id: number }>(
    `UPDATE ${table} SET api_address = $2 WHERE node_id = $1 RETURNING node_id`,
    [id, address],
  );
  if (updated.length > 0) return;
  await connection.query(`INSERT INTO ${table} (node_id, api_address) VALUES ($1, $2)`, [id, address]);
}

/** Deletes all that is known of the node's repmgrd. Call inside `changeNodes`. */
export async function forgetDaemon(connection: Connection, cluster: string, id: NodeId): Promise<void> {
  await connection.query(`DELETE FROM ${qualified(cluster, 'repmgr_node')} WHERE node_id = $1`, [id]);
}

/** As far as they told; empty where the schema is that of repmgr 3. */
export async function listDaemonAddresses(
  connection: Connection,
  cluster: string,
): Promise<ReadonlyMap<NodeId, string>> {
  const rows = await connection.query<{ node_id: number; api_address: string }>(
    `SELECT node_id, api_address FROM ${qualified(cluster, 'repmgr_node')} WHERE api_address IS NOT NULL`,
  );
  return new Map(rows.map(({ node_id, api_address }) => [node_id as NodeId, api_address]));
}
