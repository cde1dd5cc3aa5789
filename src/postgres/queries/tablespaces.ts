/** The tablespaces of a server: where they lie, and how much they hold. */
import type { Connection } from '../connection.ts';

export interface TablespaceSize {
  readonly name: string;
  /** As the server sees it; empty for what lies in the data directory itself. */
  readonly location: string;
  /** Undefined where the role may not see it. */
  readonly sizeBytes: number | undefined;
}

/** pg_default and pg_global first. @throws RepmgrError query_failed, query_timeout or connection_lost */
export async function readTablespaces(connection: Connection): Promise<TablespaceSize[]> {
  const mayReadAll = connection.version.capabilities.hasPredefinedRoles
    ? `pg_catalog.pg_has_role('pg_read_all_stats', 'USAGE') OR`
    : '';
  const rows = await connection.query<{ name: string; location: string; size: string | null }>(
    `SELECT spcname::text AS name, coalesce(pg_catalog.pg_tablespace_location(oid), '') AS location,
            CASE WHEN ${mayReadAll} pg_catalog.has_tablespace_privilege(oid, 'CREATE')
                 THEN pg_catalog.pg_tablespace_size(oid) END AS size
       FROM pg_catalog.pg_tablespace ORDER BY oid`,
  );
  return rows.map(({ name, location, size }) => ({
    name,
    location,
    sizeBytes: size === null ? undefined : Number(size),
  }));
}

/** A tablespace outside of the data directory, to which a link of this name in pg_tblspc leads. */
export interface TablespaceLink {
  readonly oid: string;
  readonly location: string;
}

/** @throws RepmgrError query_failed, query_timeout or connection_lost */
export async function tablespaceLinks(connection: Connection): Promise<TablespaceLink[]> {
  return await connection.query<TablespaceLink>(
    `SELECT oid::text AS oid, pg_catalog.pg_tablespace_location(oid) AS location
       FROM pg_catalog.pg_tablespace WHERE pg_catalog.pg_tablespace_location(oid) LIKE '/%' ORDER BY oid`,
  );
}
