/** The schema, exactly, and the queries that people have written for it, on the oldest and the newest PostgreSQL. */
import { describe, expect, it } from 'vitest';
import { sandboxForTest } from '../support/sandbox.ts';
import { describeSchema, fullDescription } from '../support/schema-description.ts';

const schema = 'repmgr_sandbox';

describe.each([10, 18])('the metadata on PostgreSQL %i', (postgresVersion) => {
  it('has the tables, views, constraints and indexes of repmgr 3.3, and ours', async () => {
    const sandbox = await sandboxForTest({ nodes: 1, build: 'primary', postgresVersion });
    expect(await sandbox.repmgr(1, ['primary', 'register'])).toMatchObject({ exitCode: 0 });
    const description = fullDescription(schema);
    expect((await describeSchema(sandbox, 1, schema)).toSorted()).toEqual(description.toSorted());
    const functions = await sandbox.query(
      1,
      'SELECT proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE nspname = $1',
      [schema],
    );
    expect(functions).toEqual([]);
  });

  it('answers the queries of repmgr 3', async () => {
    const sandbox = await sandboxForTest({ nodes: 1, build: 'primary', postgresVersion });
    await sandbox.repmgr(1, ['primary', 'register']);
    const query = (sql: string) => sandbox.query(1, sql);
    await query(`
      INSERT INTO ${schema}.repl_nodes (id, type, upstream_node_id, cluster, name, conninfo, slot_name, priority)
      VALUES (2, 'standby', 1, 'sandbox', 'node2', 'host=two', 'repmgr_slot_2', 100),
             (3, 'witness', NULL, 'sandbox', 'node3', 'host=three', NULL, 0),
             (4, 'standby', 2, 'sandbox', 'node4', 'host=four', NULL, 50)`);
    await query(`
      INSERT INTO ${schema}.repl_monitor
        (primary_node, standby_node, last_monitor_time, last_apply_time, last_wal_primary_location,
         last_wal_standby_location, replication_lag, apply_lag)
      VALUES (1, 2, now() - interval '10 s', now() - interval '1 h', '0/5000000', '0/4000000', 16777216, 0),
             (1, 2, now() - interval '20 s', now() - interval '2 h', '0/4000000', '0/4000000', 0, 0),
             (1, 4, now() - interval '5 s', now() - interval '3 h', '0/5000000', '0/5000000', 0, 2048),
             (1, 3, now() - interval '1 s', NULL, '0/5000000', NULL, 0, 0)`);

    expect(
      await query(`
        SELECT primary_node, standby_node, standby_name, node_type, active, last_wal_primary_location,
               last_wal_standby_location, replication_lag, apply_lag,
               round(extract(epoch FROM replication_time_lag)) AS time_lag,
               round(extract(epoch FROM communication_time_lag)) BETWEEN 1 AND 59 AS is_recent
          FROM ${schema}.repl_status ORDER BY standby_node`),
    ).toEqual([
      {
        ...{ primary_node: 1, standby_node: 2, standby_name: 'node2', node_type: 'standby', active: true },
        ...{ last_wal_primary_location: '0/5000000', last_wal_standby_location: '0/4000000' },
        ...{ replication_lag: '16 MB', apply_lag: '0 bytes' },
        ...{ time_lag: expect.toSatisfy((lag) => Math.abs(Number(lag) - 3_600) < 60), is_recent: true },
      },
      {
        ...{ primary_node: 1, standby_node: 3, standby_name: 'node3', node_type: 'witness', active: true },
        ...{ last_wal_primary_location: null, last_wal_standby_location: null },
        ...{ replication_lag: null, apply_lag: null, time_lag: null, is_recent: true },
      },
      {
        ...{ primary_node: 1, standby_node: 4, standby_name: 'node4', node_type: 'standby', active: true },
        ...{ last_wal_primary_location: '0/5000000', last_wal_standby_location: '0/5000000' },
        // Nothing is missing, so nothing is late: repmgr 3 said three hours here.
        ...{ replication_lag: '0 bytes', apply_lag: '2048 bytes', is_recent: true },
        time_lag: expect.toSatisfy((lag) => Number(lag) === 0),
      },
    ]);

    expect(
      await query(`SELECT id, name, upstream_node_name FROM ${schema}.repl_show_nodes ORDER BY id`),
    ).toEqual([
      { id: 1, name: 'node1', upstream_node_name: null },
      { id: 2, name: 'node2', upstream_node_name: 'node1' },
      { id: 3, name: 'node3', upstream_node_name: null },
      { id: 4, name: 'node4', upstream_node_name: 'node2' },
    ]);

    // What repmgr 3 does by hand or in a failover.
    await query(`INSERT INTO ${schema}.repl_events (node_id, event) VALUES (9, 'by_hand')`);
    expect(
      await query(
        `SELECT successful, details, event_timestamp > now() - interval '1 min' AS is_recent
           FROM ${schema}.repl_events WHERE node_id = 9`,
      ),
    ).toEqual([{ successful: true, details: null, is_recent: true }]);
    await query(`UPDATE ${schema}.repl_nodes SET active = false WHERE type = 'master'`);
    await query(
      `BEGIN; SET CONSTRAINTS ALL DEFERRED;
       CREATE TEMPORARY TABLE kept AS SELECT * FROM ${schema}.repl_nodes;
       TRUNCATE ${schema}.repl_nodes;
       INSERT INTO ${schema}.repl_nodes SELECT * FROM kept ORDER BY id DESC; COMMIT`,
    );
    expect(await query(`SELECT count(*)::int AS nodes FROM ${schema}.repl_nodes`)).toEqual([{ nodes: 4 }]);
    await expect(query(`UPDATE ${schema}.repl_nodes SET type = 'primary' WHERE id = 2`)).rejects.toThrow(
      'repl_nodes_type_check',
    );
    await expect(query(`DELETE FROM ${schema}.repl_nodes WHERE id = 2`)).rejects.toThrow(
      'repl_nodes_upstream_node_id_fkey',
    );
  });
});
