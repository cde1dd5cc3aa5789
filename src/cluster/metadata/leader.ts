/** The leader of a term, in the metadata: its node the primary, and what the voters keep together beside it. */
import type { NodeId } from '../../model/node.ts';
import type { Connection } from '../../postgres/connection.ts';
import { qualified } from './names.ts';
import { changeNodes, makePrimary } from './nodes.ts';
import { hasOwnTables, requireSchema } from './schema.ts';

export interface RecordedLeader {
  readonly id: NodeId;
  readonly term: number;
  /** The voters' record: plain data, and the number of its version. */
  readonly record: { readonly version: { readonly number: number } } | null;
}

/**
 * In one transaction: this node the active primary, those before it inactive, their standbys its own; the term, its
 * leader and the record where the schema has a place for them, unless a later term is there already.
 * @throws RepmgrError node_not_registered, or of the statements; nothing is changed then
 */
export async function recordLeader(
  connection: Connection,
  cluster: string,
  { id, term, record }: RecordedLeader,
): Promise<void> {
  const nodes = qualified(cluster, 'repl_nodes');
  const isComplete = hasOwnTables(await requireSchema(connection, cluster));
  await changeNodes(connection, cluster, async () => {
    await makePrimary(connection, cluster, id);
    await connection.query(
      `UPDATE ${nodes} SET upstream_node_id = $1
        WHERE type = 'standby'
          AND (upstream_node_id IS NULL OR upstream_node_id IN (SELECT id FROM ${nodes} WHERE type = 'master'))
          AND upstream_node_id IS DISTINCT FROM $1`,
      [id],
    );
    if (!isComplete) return;
    await connection.query(
      `UPDATE ${qualified(cluster, 'repmgr_cluster')}
          SET term = $1, leader = $2, record = $3::json, record_version = $4 WHERE term <= $1`,
      [term, id, record === null ? null : JSON.stringify(record), record?.version.number ?? 0],
    );
  });
}
