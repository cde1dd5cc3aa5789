/** Tables and views as repmgr 3.3 has them, so that its users' queries run unchanged; no functions in C. */
import type { Connection } from '../../postgres/connection.ts';
import { relationExists } from './catalog.ts';
import { qualified } from './names.ts';

/** Creates each object that is missing and leaves those that are there as they are. */
export async function createRepmgr3Objects(connection: Connection, cluster: string): Promise<void> {
  for (const [relation, statement] of repmgr3Objects(cluster)) {
    if (!(await relationExists(connection, cluster, relation))) await connection.query(statement);
  }
}

/**
 * The view of repmgr 3 calls a function in C; where its library is gone, every query on the view fails. Such a view
 * gets our text, with the same columns; one that works is left alone.
 */
export async function replaceBrokenStatusView(connection: Connection, cluster: string): Promise<void> {
  await connection.query('SAVEPOINT repl_status');
  try {
    await connection.query(`SELECT * FROM ${qualified(cluster, 'repl_status')} LIMIT 0`);
    await connection.query('RELEASE SAVEPOINT repl_status');
  } catch {
    await connection.query('ROLLBACK TO SAVEPOINT repl_status');
    await connection.query(statusView(cluster));
  }
}

/** Name and statement of each object, in an order in which they can be made. */
export function repmgr3Objects(cluster: string): readonly (readonly [string, string])[] {
  const nodes = qualified(cluster, 'repl_nodes');
  const monitor = qualified(cluster, 'repl_monitor');
  return [
    [
      'repl_nodes',
      `CREATE TABLE ${nodes} (
         id integer PRIMARY KEY,
         type text NOT NULL CHECK (type IN ('master', 'standby', 'witness')),
         upstream_node_id integer NULL
           CONSTRAINT repl_nodes_upstream_node_id_fkey REFERENCES ${nodes} (id) DEFERRABLE,
         cluster text NOT NULL,
         name text NOT NULL,
         conninfo text NOT NULL,
         slot_name text NULL,
         priority integer NOT NULL,
         active boolean NOT NULL DEFAULT true)`,
    ],
    [
      'repl_monitor',
      `CREATE TABLE ${monitor} (
         primary_node integer NOT NULL,
         standby_node integer NOT NULL,
         last_monitor_time timestamp with time zone NOT NULL,
         last_apply_time timestamp with time zone,
         last_wal_primary_location text NOT NULL,
         last_wal_standby_location text,
         replication_lag bigint NOT NULL,
         apply_lag bigint NOT NULL)`,
    ],
    [
      'repl_events',
      `CREATE TABLE ${qualified(cluster, 'repl_events')} (
         node_id integer NOT NULL,
         event text NOT NULL,
         successful boolean NOT NULL DEFAULT true,
         event_timestamp timestamp with time zone NOT NULL DEFAULT current_timestamp,
         details text NULL)`,
    ],
    ['repl_status', statusView(cluster)],
    [
      'idx_repl_status_sort',
      `CREATE INDEX idx_repl_status_sort ON ${monitor} (last_monitor_time, standby_node)`,
    ],
    [
      'repl_show_nodes',
      `CREATE VIEW ${qualified(cluster, 'repl_show_nodes')} AS
         SELECT node.id, node.conninfo, node.type, node.name, node.cluster, node.priority, node.active,
                upstream.name AS upstream_node_name
           FROM ${nodes} AS node
           LEFT JOIN ${nodes} AS upstream ON upstream.id = node.upstream_node_id`,
    ],
  ];
}

/** Differs from repmgr 3 in two columns: see "repl_status" in docs/metadata.md. */
function statusView(cluster: string): string {
  return `
    CREATE OR REPLACE VIEW ${qualified(cluster, 'repl_status')} AS
      SELECT sample.primary_node,
             sample.standby_node,
             node.name AS standby_name,
             node.type AS node_type,
             node.active,
             sample.last_monitor_time,
             CASE WHEN node.type = 'standby' THEN sample.last_wal_primary_location END AS last_wal_primary_location,
             sample.last_wal_standby_location,
             CASE WHEN node.type = 'standby' THEN pg_size_pretty(sample.replication_lag) END AS replication_lag,
             CASE WHEN node.type = 'standby' THEN
               CASE WHEN sample.replication_lag > 0 THEN age(now(), sample.last_apply_time) ELSE '0'::interval END
             END AS replication_time_lag,
             CASE WHEN node.type = 'standby' THEN pg_size_pretty(sample.apply_lag) END AS apply_lag,
             age(now(), sample.last_monitor_time) AS communication_time_lag
        FROM ${qualified(cluster, 'repl_monitor')} AS sample
        JOIN ${qualified(cluster, 'repl_nodes')} AS node ON node.id = sample.standby_node
       WHERE (sample.standby_node, sample.last_monitor_time) IN
             (SELECT latest.standby_node, max(latest.last_monitor_time)
                FROM ${qualified(cluster, 'repl_monitor')} AS latest
               GROUP BY latest.standby_node)`;
}
