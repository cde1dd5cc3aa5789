/** What a witness has of the metadata: the rows of the nodes, where their daemons are, and what these share. */
import type { NodeRecord } from '../../model/node.ts';
import type { Connection } from '../../postgres/connection.ts';
import { qualified } from './names.ts';
import { listNodes, lockNodes, replaceNodes } from './nodes.ts';

export interface MetadataCopy {
  readonly nodes: readonly NodeRecord[];
  /** Undefined where repmgr 3 made the metadata, which has no tables of ours. */
  readonly own: OwnTables | undefined;
}

/** Rows as JSON text, which takes them as they are from one server to the other. */
interface OwnTables {
  readonly daemons: string;
  readonly cluster: string;
}

const daemonColumns = 'node_id, api_address';

/** Reads on the primary; inside of `changeNodes` all of it is of one moment. */
export async function readMetadata(
  primary: Connection,
  cluster: string,
  options: { readonly hasOwnTables: boolean },
): Promise<MetadataCopy> {
  return {
    nodes: await listNodes(primary, cluster),
    own: options.hasOwnTables
      ? {
          daemons: await rowsAsJson(primary, qualified(cluster, 'repmgr_node'), daemonColumns),
          cluster: await rowsAsJson(primary, qualified(cluster, 'repmgr_cluster'), '*'),
        }
      : undefined,
  };
}

/** Puts the copy in the place of what the witness had. Call inside a transaction on the witness. */
export async function replaceMetadata(
  witness: Connection,
  cluster: string,
  { nodes, own }: MetadataCopy,
): Promise<void> {
  await lockNodes(witness, cluster);
  await replaceNodes(witness, cluster, nodes);
  if (own === undefined) return;
  await replaceRows(witness, qualified(cluster, 'repmgr_node'), daemonColumns, own.daemons);
  const clusterTable = qualified(cluster, 'repmgr_cluster');
  await replaceRows(witness, clusterTable, await columnsOf(witness, clusterTable), own.cluster);
}

async function rowsAsJson(connection: Connection, table: string, columns: string): Promise<string> {
  const [row] = await connection.query<{ rows: string }>(
    `SELECT coalesce(json_agg(entry), '[]')::text AS rows FROM (SELECT ${columns} FROM ${table}) AS entry`,
  );
  return row?.rows ?? '[]';
}

/** Of the witness, whose metadata may be older or newer than those of the primary. */
async function columnsOf(connection: Connection, table: string): Promise<string> {
  const columns = await connection.query<{ name: string }>(
    `SELECT quote_ident(attname) AS name FROM pg_attribute
      WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum`,
    [table],
  );
  return columns.map(({ name }) => name).join(', ');
}

async function replaceRows(
  connection: Connection,
  table: string,
  columns: string,
  rows: string,
): Promise<void> {
  await connection.query(`DELETE FROM ${table}`);
  await connection.query(
    `INSERT INTO ${table} (${columns}) SELECT ${columns} FROM json_populate_recordset(NULL::${table}, $1::json)`,
    [rows],
  );
}
