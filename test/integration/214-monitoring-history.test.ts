/** What repmgrd writes for those who monitor the cluster: samples of each standby's lag, and when each node was seen. */
import { describe, expect, it } from 'vitest';
import { waitUntil } from '../../src/system/clock.ts';
import { startRepmgrds } from '../support/repmgrds.ts';
import { sandboxForTest } from '../support/sandbox.ts';

describe.each([10, 15, 18])('monitoring history on PostgreSQL %i', (postgresVersion) => {
  it('has a row a second for each standby, with lags that do not grow on an idle cluster', async () => {
    const sandbox = await sandboxForTest({
      nodes: 2,
      postgresVersion,
      repmgrConf: {
        monitoring_history: 'yes',
        monitor_interval_secs: '0.5',
        monitoring_history_keep_days: '1',
      },
    });
    await sandbox.query(
      1,
      `INSERT INTO repmgr_sandbox.repl_monitor
       SELECT 1, 2, now() - interval '2 days' + n * interval '1 minute', now(), '0/1', '0/1', 0, 0
         FROM generate_series(1, 10) AS n`,
    );
    await startRepmgrds(sandbox);
    const rows = () =>
      sandbox.query<Record<string, unknown>>(
        1,
        `SELECT primary_node, standby_node, last_wal_primary_location, last_wal_standby_location,
                replication_lag::integer, apply_lag::integer
           FROM repmgr_sandbox.repl_monitor WHERE last_monitor_time > now() - interval '1 hour'`,
      );
    const enough = await waitUntil(async () => ((await rows()).length >= 3 ? true : undefined), {
      deadlineMs: 20_000,
    });
    expect(enough, JSON.stringify(await rows())).toBe(true);
    expect((await rows()).at(-1)).toEqual({
      primary_node: 1,
      standby_node: 2,
      last_wal_primary_location: expect.stringMatching(/^[0-9A-F]+\/[0-9A-F]+$/),
      last_wal_standby_location: expect.stringMatching(/^[0-9A-F]+\/[0-9A-F]+$/),
      replication_lag: expect.any(Number),
      apply_lag: 0,
    });

    const [status] = await sandbox.query<{
      standby_node: number;
      replication_lag: string;
      is_fresh: boolean;
    }>(
      1,
      `SELECT standby_node, replication_lag, communication_time_lag < interval '5 s' AS is_fresh,
              replication_time_lag < interval '1 minute' AS is_near
         FROM repmgr_sandbox.repl_status`,
    );
    expect(status).toMatchObject({ standby_node: 2, is_fresh: true, is_near: true });

    const pace = await sandbox.query<{ seconds: string }>(
      1,
      `SELECT extract(epoch FROM max(last_monitor_time) - min(last_monitor_time)) / (count(*) - 1) AS seconds
         FROM repmgr_sandbox.repl_monitor WHERE last_monitor_time > now() - interval '1 hour'`,
    );
    expect(Number(pace[0]?.seconds)).toBeGreaterThan(0.9);

    const seen = await sandbox.query(
      1,
      `SELECT node_id, state, role, timeline::integer, lag_seconds, last_seen > now() - interval '1 minute' AS is_fresh
         FROM repmgr_sandbox.repmgr_node ORDER BY node_id`,
    );
    expect(seen).toEqual([
      { node_id: 1, state: 'running', role: 'primary', timeline: 1, lag_seconds: 0, is_fresh: true },
      {
        node_id: 2,
        state: 'running',
        role: 'standby',
        timeline: 1,
        lag_seconds: expect.any(Number),
        is_fresh: true,
      },
    ]);
    const old =
      "SELECT 1 FROM repmgr_sandbox.repl_monitor WHERE last_monitor_time < now() - interval '1 day'";
    // The newest row of a node stays: it was this one until the standby wrote its first.
    expect((await sandbox.query(1, old)).length).toBeLessThan(2);
  });
});
