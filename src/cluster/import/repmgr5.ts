/** What repmgr 4 or 5 keeps in the schema `repmgr` of a database. */
import { failure } from '../../errors.ts';
import { limits } from '../../limits.ts';
import type { Connection } from '../../postgres/connection.ts';

/** A row of `repmgr.nodes`; type is primary, standby, witness, or bdr of repmgr 4. */
export interface Repmgr5Node {
  readonly id: number;
  readonly upstreamNodeId: number | null;
  readonly isActive: boolean;
  readonly name: string;
  readonly type: string;
  readonly priority: number;
  readonly conninfo: string;
}

export interface Repmgr5Metadata {
  readonly nodes: readonly Repmgr5Node[];
  readonly events: number;
  readonly history: number;
  /** How much of the history is of nodes that have no row any more. */
  readonly unregistered: readonly { readonly nodeId: number; readonly rows: number }[];
}

/** @throws RepmgrError schema_missing, schema_unknown, or of the statements */
export async function readRepmgr5Metadata(connection: Connection): Promise<Repmgr5Metadata> {
  await requireRepmgr5(connection);
  const nodes = await connection.query<Repmgr5Node>(
    `SELECT node_id AS id, upstream_node_id AS "upstreamNodeId", active AS "isActive", node_name AS name, type,
            priority, conninfo
       FROM repmgr.nodes ORDER BY node_id`,
  );
  const [events] = await connection.query<{ rows: string }>('SELECT count(*) AS rows FROM repmgr.events');
  const history = await connection.query<{ nodeId: number; rows: string; isRegistered: boolean }>(
    `SELECT history.standby_node_id AS "nodeId", count(*) AS rows,
            EXISTS (SELECT 1 FROM repmgr.nodes WHERE node_id = history.standby_node_id) AS "isRegistered"
       FROM repmgr.monitoring_history AS history
      GROUP BY history.standby_node_id ORDER BY history.standby_node_id`,
    [],
    { deadlineMs: limits.metadataChangeMs },
  );
  return {
    nodes,
    events: Number(events?.rows),
    history: history.reduce((sum, { rows }) => sum + Number(rows), 0),
    unregistered: history
      .filter(({ isRegistered }) => !isRegistered)
      .map(({ nodeId, rows }) => ({ nodeId, rows: Number(rows) })),
  };
}

/** What is taken over of each table. */
const columns: Readonly<Record<string, readonly string[]>> = {
  nodes: words('node_id upstream_node_id active node_name type priority conninfo slot_name'),
  events: words('node_id event successful event_timestamp details'),
  monitoring_history: words(
    'primary_node_id standby_node_id last_monitor_time last_apply_time last_wal_primary_location last_wal_standby_location replication_lag apply_lag',
  ),
};

function words(text: string): readonly string[] {
  return text.split(' ');
}

async function requireRepmgr5(connection: Connection): Promise<void> {
  const found = await connection.query<{ table: string; columns: string[] }>(
    `SELECT c.relname::text AS table, array_agg(a.attname::text) AS columns
       FROM pg_class c
       JOIN pg_namespace n ON n.oid = c.relnamespace
       JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
      WHERE n.nspname = 'repmgr' AND c.relname IN ('nodes', 'events', 'monitoring_history')
      GROUP BY c.relname`,
  );
  if (found.length === 3) {
    const missing = found.flatMap(({ table, columns: present }) =>
      (columns[table] ?? []).filter((name) => !present.includes(name)).map((name) => `${table}.${name}`),
    );
    if (missing.length === 0) return;
    throw failure('schema_unknown', {
      message: 'schema "repmgr" does not hold metadata of repmgr 4 or 5',
      detail: `It lacks ${missing.toSorted().join(', ')}.`,
      hint: 'Give the repmgr.conf of repmgr 5 with -f: its conninfo leads to the database.',
    });
  }
  throw failure('schema_missing', {
    message: 'there are no metadata of repmgr 4 or 5 in this database',
    detail: `Database "${connection.conninfo['dbname']}" on ${connection.host}:${connection.port} has no tables repmgr.nodes, repmgr.events and repmgr.monitoring_history.`,
    hint: 'Give the repmgr.conf of repmgr 5 with -f: its conninfo leads to the database.',
  });
}
