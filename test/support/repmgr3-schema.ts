/** A metadata schema as repmgr 3.0, 3.1 and 3.3 left it, its functions in C without their library. */
import type { Sandbox } from '../../src/sandbox/index.ts';

export type Repmgr3Version = '3.0' | '3.1' | '3.3';

/** Makes the schema on the primary, with rows of these nodes: the first one is the master. */
export async function makeRepmgr3Schema(
  sandbox: Sandbox,
  version: Repmgr3Version,
  nodeIds: readonly number[],
): Promise<void> {
  const schema = 'repmgr_sandbox';
  await sandbox.query(
    1,
    `BEGIN;
     CREATE SCHEMA ${schema};
     ${functions.map(([name, result]) => brokenFunction(`${schema}.${name}`, result)).join('\n')}
     CREATE TABLE ${schema}.repl_nodes (
       id integer PRIMARY KEY,
       type text NOT NULL CHECK (type IN ('master', 'standby', 'witness')),
       upstream_node_id integer REFERENCES ${schema}.repl_nodes (id) ${version === '3.3' ? 'DEFERRABLE' : ''},
       cluster text NOT NULL, name text NOT NULL, conninfo text NOT NULL, slot_name text,
       priority integer NOT NULL, active boolean NOT NULL DEFAULT true);
     CREATE TABLE ${schema}.repl_monitor (
       primary_node integer NOT NULL, standby_node integer NOT NULL,
       last_monitor_time timestamptz NOT NULL, last_apply_time timestamptz,
       last_wal_primary_location text NOT NULL, last_wal_standby_location text,
       replication_lag bigint NOT NULL, apply_lag bigint NOT NULL);
     CREATE TABLE ${schema}.repl_events (
       node_id integer NOT NULL, event text NOT NULL, successful boolean NOT NULL DEFAULT true,
       event_timestamp timestamptz NOT NULL DEFAULT current_timestamp, details text);
     CREATE VIEW ${schema}.repl_status AS
       SELECT m.primary_node, m.standby_node, n.name AS standby_name, n.type AS node_type, n.active,
              m.last_monitor_time,
              CASE n.type WHEN 'standby' THEN m.last_wal_primary_location END AS last_wal_primary_location,
              m.last_wal_standby_location,
              CASE n.type WHEN 'standby' THEN pg_size_pretty(m.replication_lag) END AS replication_lag,
              CASE n.type WHEN 'standby' THEN age(now(), m.last_apply_time) END AS replication_time_lag,
              CASE n.type WHEN 'standby' THEN pg_size_pretty(m.apply_lag) END AS apply_lag,
              age(now(), CASE WHEN pg_is_in_recovery() THEN ${schema}.repmgr_get_last_updated()
                              ELSE m.last_monitor_time END) AS communication_time_lag
         FROM ${schema}.repl_monitor m JOIN ${schema}.repl_nodes n ON m.standby_node = n.id
        WHERE (m.standby_node, m.last_monitor_time) IN
              (SELECT standby_node, max(last_monitor_time) FROM ${schema}.repl_monitor GROUP BY 1);
     CREATE INDEX idx_repl_status_sort ON ${schema}.repl_monitor (last_monitor_time, standby_node);
     ${version === '3.0' ? '' : showNodesView(schema)}
     COMMIT`,
  );
  for (const [index, id] of nodeIds.entries()) {
    const { name, conninfo } = sandbox.node(id);
    await sandbox.query(
      1,
      `INSERT INTO ${schema}.repl_nodes (id, type, upstream_node_id, cluster, name, conninfo, slot_name, priority)
       VALUES ($1, $2, $3, 'sandbox', $4, $5, 'repmgr_slot_' || $1::integer, 100)`,
      [id, index === 0 ? 'master' : 'standby', index === 0 ? null : nodeIds[0], name, conninfo],
    );
  }
}

const functions = [
  ['repmgr_get_last_updated()', 'timestamptz'],
  ['repmgr_update_last_updated()', 'timestamptz'],
  ['repmgr_get_last_standby_location()', 'text'],
  ['repmgr_update_standby_location(text)', 'boolean'],
] as const;

/** PostgreSQL looks for the library when a function is made; only the catalog itself can name one that is gone. */
function brokenFunction(signature: string, result: string): string {
  return `
    CREATE FUNCTION ${signature} RETURNS ${result} LANGUAGE internal STRICT AS 'now';
    UPDATE pg_proc SET prolang = (SELECT oid FROM pg_language WHERE lanname = 'c'),
                       probin = '$libdir/repmgr_funcs', prosrc = proname
     WHERE oid = '${signature}'::regprocedure;`;
}

function showNodesView(schema: string): string {
  return `
    CREATE VIEW ${schema}.repl_show_nodes AS
      SELECT n.id, n.conninfo, n.type, n.name, n.cluster, n.priority, n.active, u.name AS upstream_node_name
        FROM ${schema}.repl_nodes n LEFT JOIN ${schema}.repl_nodes u ON u.id = n.upstream_node_id;`;
}
