/** The list of nodes, for the commands that only look at a cluster. */
import { listNodes } from '../cluster/metadata/nodes.ts';
import { schemaName } from '../cluster/metadata/schema.ts';
import { failure, RepmgrError } from '../errors.ts';
import type { NodeRecord } from '../model/node.ts';
import { type Connection, sqlStateOf } from '../postgres/connection.ts';

/**
 * All nodes, by id.
 * @throws RepmgrError node_list_unreadable, interrupted
 */
export async function readNodes(connection: Connection, clusterName: string): Promise<readonly NodeRecord[]> {
  try {
    return await listNodes(connection, clusterName);
  } catch (error) {
    if (!(error instanceof RepmgrError) || error.code === 'interrupted') throw error;
    const schema = schemaName(clusterName);
    throw failure('node_list_unreadable', {
      message: `the nodes of cluster "${clusterName}" cannot be read`,
      detail: [error.message, error.detail].filter(Boolean).join(': '),
      hint:
        sqlStateOf(error) === '42501'
          ? `Let this role see them: GRANT USAGE ON SCHEMA "${schema}" and GRANT SELECT ON "${schema}".repl_nodes to it.`
          : `Check the name of the cluster; schema "${schema}" is made by "repmgr primary register".`,
      cause: error,
    });
  }
}
