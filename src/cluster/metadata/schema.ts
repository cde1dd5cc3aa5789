/** Whether the metadata of a cluster is there, whose it is, and whether this program may write to it. */
import { failure, type RepmgrError } from '../../errors.ts';
import type { Connection, QueryOptions } from '../../postgres/connection.ts';
import { latestMigration } from './migrations.ts';
import { qualified, schemaName } from './names.ts';

export { schemaName } from './names.ts';

export type SchemaState =
  | { readonly kind: 'missing' }
  /** Made by repmgr 3.0 to 3.3: used as it stands; our own tables are added by `primary register`. */
  | { readonly kind: 'repmgr3' }
  /** Ours; `migration` is the number of the last one that was applied. */
  | { readonly kind: 'ours'; readonly migration: number }
  /** A schema of this name that holds something else, or metadata of repmgr 2. */
  | { readonly kind: 'foreign'; readonly missing: readonly string[] };

/** Whether the tables of ours are there; a schema that repmgr 3 made gets them by `primary register --force`. */
export function hasOwnTables(state: SchemaState): boolean {
  return state.kind === 'ours';
}

/** Columns without which nothing of repmgr 3 works; repmgr 2 has no `type`. */
const requiredColumns = ['id', 'type', 'upstream_node_id', 'name', 'conninfo', 'priority', 'active'];

/** Looks at the catalogs only, so it needs no privilege on the schema. */
export async function inspectSchema(
  connection: Connection,
  cluster: string,
  options?: QueryOptions,
): Promise<SchemaState> {
  // The cast to name cuts long names as PostgreSQL does when it creates a schema.
  const rows = await connection.query<{ relation: string | null; columns: string[] | null }>(
    `SELECT c.relname::text AS relation, array_agg(a.attname::text) AS columns
       FROM pg_namespace n
       LEFT JOIN pg_class c
         ON c.relnamespace = n.oid AND c.relname IN ('repl_nodes', 'repl_events', 'repmgr_migrations')
       LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
      WHERE n.nspname = $1::text::name
      GROUP BY c.relname`,
    [schemaName(cluster)],
    options,
  );
  if (rows.length === 0) return { kind: 'missing' };
  const relations = new Map(rows.map((row) => [row.relation, row.columns ?? []]));
  const missing = missingObjects(relations);
  if (missing.length > 0) return { kind: 'foreign', missing };
  if (!relations.has('repmgr_migrations')) return { kind: 'repmgr3' };
  const [last] = await connection.query<{ number: number | null }>(
    `SELECT max(number) AS number FROM ${qualified(cluster, 'repmgr_migrations')}`,
    [],
    options,
  );
  return { kind: 'ours', migration: last?.number ?? 0 };
}

/**
 * Inspects the schema and refuses what cannot be worked with.
 * @throws RepmgrError schema_missing or schema_unknown
 */
export async function requireSchema(connection: Connection, cluster: string): Promise<SchemaState> {
  const state = await inspectSchema(connection, cluster);
  if (state.kind === 'missing') {
    throw schemaMissing(
      connection,
      cluster,
      'Run "repmgr primary register" on the primary, or correct "cluster" and "conninfo" in repmgr.conf.',
    );
  }
  refuseUnknownSchema(state, cluster);
  return state;
}

/** The error of a command that needs metadata where there are none. */
export function schemaMissing(
  { host, port, conninfo }: Connection,
  cluster: string,
  hint: string,
): RepmgrError {
  return failure('schema_missing', {
    message: `schema "${schemaName(cluster)}" does not exist`,
    detail: `Database "${conninfo['dbname']}" on ${host}:${port} has no metadata of cluster "${cluster}".`,
    hint,
  });
}

/** @throws RepmgrError schema_unknown, for a newer schema than this program knows or one of something else */
export function refuseUnknownSchema(state: SchemaState, cluster: string): void {
  if (state.kind === 'foreign') {
    throw failure('schema_unknown', {
      message: `schema "${schemaName(cluster)}" does not hold metadata of repmgr 3`,
      detail: `It lacks ${state.missing.join(', ')}.`,
      hint: 'If repmgr 2 made it, run "repmgr cluster upgrade-schema"; else choose another "cluster" name in repmgr.conf.',
    });
  }
  if (state.kind === 'ours' && state.migration > latestMigration) {
    throw failure('schema_unknown', {
      message: `schema "${schemaName(cluster)}" was made by a newer repmgr`,
      detail: `Its last migration has number ${state.migration}; this program knows numbers up to ${latestMigration}.`,
      hint: 'Install the newer repmgr on this node too: "repmgr --version" shows what is installed.',
    });
  }
}

function missingObjects(relations: ReadonlyMap<string | null, readonly string[]>): string[] {
  const nodes = relations.get('repl_nodes');
  if (nodes === undefined) return ['table repl_nodes'];
  const missing = requiredColumns.filter((column) => !nodes.includes(column));
  return [
    ...missing.map((column) => `column repl_nodes.${column}`),
    ...(relations.has('repl_events') ? [] : ['table repl_events']),
  ];
}
