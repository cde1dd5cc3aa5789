/** What repmgr 2 left in a schema: its nodes, and the objects that an upgrade has to do with. */
import type { Connection } from '../../postgres/connection.ts';
import { qualified, schemaName } from '../metadata/names.ts';

/** A row of `repl_nodes` as repmgr 2 has it. Nothing is sure of it but what the columns allow. */
export interface Repmgr2Node {
  readonly id: number | null;
  readonly cluster: string | null;
  readonly name: string | null;
  readonly conninfo: string | null;
  readonly priority: number | null;
  readonly witness: boolean | null;
}

export interface Repmgr2Schema {
  readonly nodes: readonly Repmgr2Node[];
  /** Names of the tables, views and indexes in the schema. */
  readonly relations: ReadonlySet<string>;
  /** Columns of `repl_monitor`, and whether they may be NULL. */
  readonly monitorColumns: ReadonlyMap<string, { readonly isNullable: boolean }>;
}

const columns = ['id', 'cluster', 'name', 'conninfo', 'priority', 'witness'];

/** @returns undefined where the schema does not hold metadata of repmgr 2 */
export async function readRepmgr2Schema(
  connection: Connection,
  cluster: string,
): Promise<Repmgr2Schema | undefined> {
  const found = await connection.query<ColumnRow>(
    `SELECT c.relname::text AS relation, a.attname::text AS name, format_type(a.atttypid, NULL) AS type,
            NOT a.attnotnull AS "isNullable"
       FROM pg_class c
       JOIN pg_namespace n ON n.oid = c.relnamespace
       LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
      WHERE n.nspname = $1::text::name`,
    [schemaName(cluster)],
  );
  const of = (relation: string) => found.filter((column) => column.relation === relation);
  const nodeColumns = new Map(of('repl_nodes').map(({ name, type }) => [name, type]));
  if (nodeColumns.has('type') || nodeColumns.get('witness') !== 'boolean') return undefined;
  if (!columns.every((name) => nodeColumns.has(name))) return undefined;
  return {
    nodes: await connection.query<Repmgr2Node>(
      `SELECT ${columns.join(', ')} FROM ${qualified(cluster, 'repl_nodes')} ORDER BY id`,
    ),
    relations: new Set(found.map(({ relation }) => relation)),
    monitorColumns: new Map(
      of('repl_monitor').map(({ name, isNullable }) => [name ?? '', { isNullable: isNullable ?? true }]),
    ),
  };
}

interface ColumnRow {
  readonly relation: string;
  /** Null, like the others, for a relation without columns. */
  readonly name: string | null;
  readonly type: string | null;
  readonly isNullable: boolean | null;
}
