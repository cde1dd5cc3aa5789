/** Metadata as repmgr 2 left them on its primary: no types, no events, no record of who the primary is. */
import type { Sandbox } from '../../src/sandbox/index.ts';

export interface Repmgr2Row {
  readonly id: number;
  readonly cluster?: string;
  readonly name?: string | null;
  readonly conninfo?: string | null;
  readonly priority?: number | null;
  readonly witness?: boolean | null;
}

/** Makes the schema; what a row does not say is as repmgr 2 would have written it. */
export async function makeRepmgr2Schema(sandbox: Sandbox, rows: readonly Repmgr2Row[]): Promise<void> {
  const schema = 'repmgr_sandbox';
  await sandbox.query(
    1,
    `BEGIN;
     CREATE SCHEMA ${schema};
     CREATE TABLE ${schema}.repl_nodes (
       id integer PRIMARY KEY, cluster text NOT NULL, name text, conninfo text, priority integer,
       witness boolean DEFAULT false);
     CREATE TABLE ${schema}.repl_monitor (
       primary_node integer NOT NULL, standby_node integer NOT NULL, last_monitor_time timestamptz NOT NULL,
       last_wal_primary_location text NOT NULL, last_wal_standby_location text NOT NULL,
       replication_lag bigint NOT NULL, apply_lag bigint NOT NULL);
     CREATE INDEX idx_repl_status_sort ON ${schema}.repl_monitor (last_monitor_time, standby_node);
     CREATE VIEW ${schema}.repl_status AS
       SELECT primary_node, standby_node, name AS standby_name, last_monitor_time, last_wal_primary_location,
              last_wal_standby_location, pg_size_pretty(replication_lag) AS replication_lag,
              pg_size_pretty(apply_lag) AS apply_lag, age(now(), last_monitor_time) AS communication_time_lag
         FROM ${schema}.repl_monitor JOIN ${schema}.repl_nodes ON standby_node = id
        WHERE (standby_node, last_monitor_time) IN
              (SELECT standby_node, max(last_monitor_time) FROM ${schema}.repl_monitor GROUP BY 1);
     COMMIT`,
  );
  for (const { id, cluster = 'sandbox', name, conninfo, priority = 0, witness = false } of rows) {
    await sandbox.query(1, `INSERT INTO ${schema}.repl_nodes VALUES ($1, $2, $3, $4, $5, $6)`, [
      id,
      cluster,
      name === undefined ? `node${id}` : name,
      conninfo === undefined ? `host=node${id} dbname=repmgr user=repmgr` : conninfo,
      priority,
      witness,
    ]);
  }
  await sandbox.query(
    1,
    `INSERT INTO ${schema}.repl_monitor
     SELECT 1, 2, now() - number * interval '1 second', '0/3000000', '0/2000000', 16777216, 0
       FROM generate_series(1, 50) AS number`,
  );
}
