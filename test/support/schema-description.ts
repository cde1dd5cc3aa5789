/** A schema in words, exact enough to compare two of them: columns, constraints, indexes, views. */
import type { Sandbox } from '../../src/sandbox/index.ts';

/** @returns one line a column, constraint and index, in the order of relations and columns */
export async function describeSchema(sandbox: Sandbox, node: number, schema: string): Promise<string[]> {
  const columns = await sandbox.query<{ line: string }>(
    node,
    `SELECT c.relname || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
            || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END
            || coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '') AS line
       FROM pg_class c
       JOIN pg_namespace n ON n.oid = c.relnamespace
       JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
       LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
      WHERE n.nspname = $1 AND c.relkind IN ('r', 'v')
      ORDER BY c.relname, a.attnum`,
    [schema],
  );
  // From 18 on "not null" is a constraint too; the columns tell it already.
  const constraints = await sandbox.query<{ line: string }>(
    node,
    `SELECT c.relname || ' ' || o.conname || ' ' || pg_get_constraintdef(o.oid) AS line
       FROM pg_constraint o JOIN pg_class c ON c.oid = o.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = $1 AND o.contype <> 'n' ORDER BY 1`,
    [schema],
  );
  const indexes = await sandbox.query<{ line: string }>(
    node,
    `SELECT indexname || ' ' || regexp_replace(indexdef, '^.* USING ', '') AS line
       FROM pg_indexes WHERE schemaname = $1 ORDER BY 1`,
    [schema],
  );
  return [...columns, ...constraints, ...indexes].map(({ line }) => line);
}

/** The objects of repmgr 3.3. The foreign key can be deferred from 3.1.2 on, `repl_show_nodes` came with 3.1. */
export const repmgr3Columns: readonly string[] = [
  'repl_events.node_id integer not null',
  'repl_events.event text not null',
  'repl_events.successful boolean not null default true',
  'repl_events.event_timestamp timestamp with time zone not null default CURRENT_TIMESTAMP',
  'repl_events.details text',
  'repl_monitor.primary_node integer not null',
  'repl_monitor.standby_node integer not null',
  'repl_monitor.last_monitor_time timestamp with time zone not null',
  'repl_monitor.last_apply_time timestamp with time zone',
  'repl_monitor.last_wal_primary_location text not null',
  'repl_monitor.last_wal_standby_location text',
  'repl_monitor.replication_lag bigint not null',
  'repl_monitor.apply_lag bigint not null',
  'repl_nodes.id integer not null',
  'repl_nodes.type text not null',
  'repl_nodes.upstream_node_id integer',
  'repl_nodes.cluster text not null',
  'repl_nodes.name text not null',
  'repl_nodes.conninfo text not null',
  'repl_nodes.slot_name text',
  'repl_nodes.priority integer not null',
  'repl_nodes.active boolean not null default true',
  'repl_show_nodes.id integer',
  'repl_show_nodes.conninfo text',
  'repl_show_nodes.type text',
  'repl_show_nodes.name text',
  'repl_show_nodes.cluster text',
  'repl_show_nodes.priority integer',
  'repl_show_nodes.active boolean',
  'repl_show_nodes.upstream_node_name text',
  'repl_status.primary_node integer',
  'repl_status.standby_node integer',
  'repl_status.standby_name text',
  'repl_status.node_type text',
  'repl_status.active boolean',
  'repl_status.last_monitor_time timestamp with time zone',
  'repl_status.last_wal_primary_location text',
  'repl_status.last_wal_standby_location text',
  'repl_status.replication_lag text',
  'repl_status.replication_time_lag interval',
  'repl_status.apply_lag text',
  'repl_status.communication_time_lag interval',
];

export const repmgr3Constraints: readonly string[] = [
  'repl_nodes repl_nodes_pkey PRIMARY KEY (id)',
  "repl_nodes repl_nodes_type_check CHECK ((type = ANY (ARRAY['master'::text, 'standby'::text, 'witness'::text])))",
  'repl_nodes repl_nodes_upstream_node_id_fkey FOREIGN KEY (upstream_node_id) REFERENCES SCHEMA.repl_nodes(id) DEFERRABLE',
];

export const repmgr3Indexes: readonly string[] = [
  'idx_repl_status_sort btree (last_monitor_time, standby_node)',
  'repl_nodes_pkey btree (id)',
];

/** The tables of ours beside them. */
export const ownColumns: readonly string[] = [
  'repmgr_cluster.is_only_row boolean not null default true',
  'repmgr_cluster.system_identifier text',
  'repmgr_cluster.term bigint not null default 0',
  'repmgr_cluster.leader integer',
  'repmgr_cluster.record json',
  'repmgr_cluster.record_version bigint not null default 0',
  'repmgr_cluster.secret text not null',
  'repmgr_cluster.next_secret text',
  'repmgr_cluster.former_secret text',
  'repmgr_cluster.secret_version bigint',
  'repmgr_migrations.number integer not null',
  'repmgr_migrations.name text not null',
  'repmgr_migrations.applied_at timestamp with time zone not null default CURRENT_TIMESTAMP',
  'repmgr_node.node_id integer not null',
  'repmgr_node.api_address text',
  'repmgr_node.last_seen timestamp with time zone',
  'repmgr_node.state text',
  'repmgr_node.role text',
  'repmgr_node.timeline bigint',
  'repmgr_node.received_lsn text',
  'repmgr_node.replayed_lsn text',
  'repmgr_node.lag_bytes bigint',
  'repmgr_node.lag_seconds double precision',
  'repmgr_node.daemon_version text',
];

export const ownConstraints: readonly string[] = [
  'repmgr_cluster repmgr_cluster_is_only_row_check CHECK (is_only_row)',
  'repmgr_cluster repmgr_cluster_pkey PRIMARY KEY (is_only_row)',
  'repmgr_migrations repmgr_migrations_pkey PRIMARY KEY (number)',
  'repmgr_node repmgr_node_pkey PRIMARY KEY (node_id)',
];

export const ownIndexes: readonly string[] = [
  'repmgr_cluster_pkey btree (is_only_row)',
  'repmgr_migrations_pkey btree (number)',
  'repmgr_node_pkey btree (node_id)',
];

/** The whole of what `primary register` leaves in a schema. */
export function fullDescription(schema: string): string[] {
  return [
    ...[...repmgr3Columns, ...ownColumns],
    ...[...repmgr3Constraints, ...ownConstraints].map((line) => line.replace('SCHEMA', schema)),
    ...[...repmgr3Indexes, ...ownIndexes],
  ];
}
