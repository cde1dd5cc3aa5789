/** Which table of a database a file belongs to (9.4+). */
import type { Connection } from '../connection.ts';

/** @returns `schema.table`; undefined where no table has this file any more */
export async function fileNodeName(
  connection: Connection,
  tablespace: number,
  fileNode: number,
): Promise<string | undefined> {
  const [row] = await connection.query<{ name: string | null }>(
    `SELECT (SELECT pg_catalog.quote_ident(nspname) || '.' || pg_catalog.quote_ident(relname)
               FROM pg_catalog.pg_class AS class
               JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = relnamespace
              WHERE class.oid = pg_catalog.pg_filenode_relation($1, $2)) AS name`,
    [tablespace, fileNode],
  );
  return row?.name ?? undefined;
}
