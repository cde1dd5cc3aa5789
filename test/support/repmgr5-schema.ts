/** Metadata as repmgr 5 has them, made by hand: for rows that a real repmgr 5 does not write on demand. */
import type { Sandbox } from '../../src/sandbox/index.ts';

/** The tables of extension `repmgr` on the primary, without the extension. */
export async function makeRepmgr5Schema(sandbox: Sandbox): Promise<void> {
  await sandbox.query(
    1,
    `BEGIN;
     CREATE SCHEMA repmgr;
     CREATE TABLE repmgr.nodes (
       node_id integer PRIMARY KEY, upstream_node_id integer REFERENCES repmgr.nodes DEFERRABLE,
       active boolean NOT NULL DEFAULT true, node_name text NOT NULL,
       type text NOT NULL CHECK (type IN ('primary', 'standby', 'witness', 'bdr')),
       location text NOT NULL DEFAULT 'default', priority integer NOT NULL DEFAULT 100, conninfo text NOT NULL,
       repluser varchar(63) NOT NULL, slot_name text, config_file text NOT NULL);
     CREATE TABLE repmgr.events (
       node_id integer NOT NULL, event text NOT NULL, successful boolean NOT NULL DEFAULT true,
       event_timestamp timestamptz NOT NULL DEFAULT current_timestamp, details text);
     CREATE TABLE repmgr.monitoring_history (
       primary_node_id integer NOT NULL, standby_node_id integer NOT NULL, last_monitor_time timestamptz NOT NULL,
       last_apply_time timestamptz, last_wal_primary_location pg_lsn NOT NULL, last_wal_standby_location pg_lsn,
       replication_lag bigint NOT NULL, apply_lag bigint NOT NULL);
     COMMIT`,
  );
}

/** One row; its conninfo leads nowhere unless said otherwise. */
export async function addRepmgr5Node(
  sandbox: Sandbox,
  id: number,
  type: 'primary' | 'standby' | 'witness' | 'bdr',
  further: {
    name?: string;
    conninfo?: string;
    upstream?: number;
    isActive?: boolean;
    priority?: number;
  } = {},
): Promise<void> {
  await sandbox.query(
    1,
    `INSERT INTO repmgr.nodes (node_id, type, node_name, conninfo, upstream_node_id, active, priority, repluser,
                               slot_name, config_file)
     VALUES ($1, $2, $3, $4, $5, $6, $7, 'repmgr', 'repmgr_slot_' || $1::integer, '/etc/repmgr.conf')`,
    [
      id,
      type,
      further.name ?? `node${id}`,
      further.conninfo ?? `host=node${id} user=repmgr dbname=repmgr`,
      further.upstream ?? null,
      further.isActive ?? true,
      further.priority ?? 100,
    ],
  );
}
