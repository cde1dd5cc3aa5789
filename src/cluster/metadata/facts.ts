/** All that a repmgrd wants to know of the metadata, in one statement: it asks every few seconds. */
import type { ClusterSecrets } from '../../model/cluster-secrets.ts';
import type { NodeId, NodeRecord } from '../../model/node.ts';
import type { Connection, QueryOptions } from '../../postgres/connection.ts';
import { qualified } from './names.ts';
import { type NodeRow, nodeColumns, recordOf } from './nodes.ts';

export interface MetadataFacts {
  /** By id. */
  readonly nodes: readonly NodeRecord[];
  /** Where each node's repmgrd is reached, as far as it told. */
  readonly addresses: readonly (readonly [NodeId, string])[];
  /** Undefined where nobody wrote it yet: the metadata are those of repmgr 3. */
  readonly cluster: ClusterRow | undefined;
}

export interface ClusterRow extends ClusterSecrets {
  readonly systemIdentifier: string | undefined;
  readonly term: number;
}

interface FactsRow {
  readonly nodes: readonly NodeRow[];
  readonly addresses: readonly { readonly node_id: number; readonly api_address: string }[];
  readonly cluster: {
    readonly system_identifier: string | null;
    readonly term: number;
    readonly secret: string;
    readonly next_secret?: string | null;
    readonly former_secret?: string | null;
    readonly secret_version?: number | null;
  } | null;
}

/**
 * @param hasOwnTables false: the schema is as repmgr 3 made it
 * @throws RepmgrError query_failed (a role that does not own the tables may not see the secret), query_timeout or
 *   connection_lost
 */
export async function readMetadataFacts(
  connection: Connection,
  cluster: string,
  hasOwnTables: boolean,
  options?: QueryOptions,
): Promise<MetadataFacts> {
  const own = hasOwnTables
    ? `(SELECT coalesce(json_agg(daemon), '[]')
          FROM (SELECT node_id, api_address FROM ${qualified(cluster, 'repmgr_node')}
                 WHERE api_address IS NOT NULL) AS daemon) AS addresses,
       (SELECT row_to_json(entry) FROM ${qualified(cluster, 'repmgr_cluster')} AS entry) AS cluster`
    : `'[]'::json AS addresses, NULL::json AS cluster`;
  const [row] = await connection.query<FactsRow>(
    `SELECT (SELECT coalesce(json_agg(node), '[]')
               FROM (SELECT ${nodeColumns} FROM ${qualified(cluster, 'repl_nodes')} ORDER BY id) AS node) AS nodes,
            ${own}`,
    [],
    options,
  );
  if (row === undefined) throw new Error('a SELECT without FROM gave no row');
  return {
    nodes: row.nodes.map(recordOf),
    addresses: row.addresses.map(({ node_id, api_address }) => [node_id as NodeId, api_address] as const),
    cluster: row.cluster === null ? undefined : clusterRowOf(row.cluster),
  };
}

function clusterRowOf(row: NonNullable<FactsRow['cluster']>): ClusterRow {
  return {
    systemIdentifier: row.system_identifier ?? undefined,
    term: row.term,
    secrets: [row.secret, row.next_secret, row.former_secret].filter((it) => typeof it === 'string'),
    secretVersion: row.secret_version ?? 0,
  };
}
