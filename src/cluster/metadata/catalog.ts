/** What PostgreSQL's catalogs say of the metadata schema; looking needs no privilege. */
import type { Connection } from '../../postgres/connection.ts';
import { schemaName } from './names.ts';

export async function schemaExists(connection: Connection, cluster: string): Promise<boolean> {
  const [row] = await connection.query<{ exists: boolean }>(
    'SELECT EXISTS (SELECT 1 FROM pg_namespace WHERE nspname = $1::text::name) AS exists',
    [schemaName(cluster)],
  );
  return row?.exists === true;
}

/** Names of the clusters whose metadata lie in this database, those of repmgr 3 too. */
export async function clustersHere(connection: Connection): Promise<readonly string[]> {
  const rows = await connection.query<{ cluster: string }>(
    `SELECT substr(n.nspname, length($1::text) + 1)::text AS cluster
       FROM pg_namespace n JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = 'repl_nodes'
      WHERE left(n.nspname, length($1::text)) = $1::text
      ORDER BY 1`,
    [schemaName('')],
  );
  return rows.map(({ cluster }) => cluster);
}

/** Whether the schema holds a table, view or index of this name. */
export async function relationExists(
  connection: Connection,
  cluster: string,
  relation: string,
): Promise<boolean> {
  const [row] = await connection.query<{ exists: boolean }>(
    `SELECT EXISTS (SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                     WHERE n.nspname = $1::text::name AND c.relname = $2) AS exists`,
    [schemaName(cluster), relation],
  );
  return row?.exists === true;
}
