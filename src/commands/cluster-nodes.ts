/** The list of nodes, for the commands that only look at a cluster. */
import { clustersHere } from '../cluster/metadata/catalog.ts';
import { listNodes } from '../cluster/metadata/nodes.ts';
import { schemaName } from '../cluster/metadata/schema.ts';
import { failure, RepmgrError } from '../errors.ts';
import type { NodeRecord } from '../model/node.ts';
import { type Connection, sqlStateOf } from '../postgres/connection.ts';
import { quoteForShell } from '../model/shell-word.ts';

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
    if (sqlStateOf(error) === '42P01') throw await unknownCluster(connection, clusterName, error);
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

async function unknownCluster(
  connection: Connection,
  clusterName: string,
  cause: RepmgrError,
): Promise<RepmgrError> {
  const names = await clustersHere(connection);
  const quoted = names.map((name) => `"${name}"`).join(', ');
  return failure('node_list_unreadable', {
    message: `there is no cluster "${clusterName}" in this database`,
    detail:
      `It has no schema "${schemaName(clusterName)}" with a table repl_nodes; ` +
      (names.length === 0 ? 'nor one of any other cluster.' : `what it has is of: ${quoted}.`),
    hint:
      names.length === 0
        ? `Check the database of the connection; the schema is made by "repmgr primary register".`
        : `Correct the name of the cluster: "cluster" in repmgr.conf, or --cluster=${quoteForShell(names[0] ?? '')}`,
    cause,
  });
}
