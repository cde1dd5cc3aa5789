/** A crash with repmgrd beside it: nothing that was acknowledged is lost, whatever the crash left running. */
import { expect, it } from 'vitest';
import { connect } from '../../src/postgres/connection.ts';
import { processesOfServer } from '../../src/postgres/server-processes.ts';
import { waitUntil } from '../../src/system/clock.ts';
import { awaitNewLeader, awaitStreaming, killPostmaster, startRepmgrds } from '../support/repmgrds.ts';
import { sandboxForTest } from '../support/sandbox.ts';

it('a backend that computes on after its postmaster was killed acknowledges nothing that is lost', async () => {
  const sandbox = await sandboxForTest({ nodes: 3, repmgrConf: { failover: 'automatic' } });
  await startRepmgrds(sandbox);
  await sandbox.query(1, 'CREATE TABLE t (id int)');
  const client = await connect(sandbox.node(1).conninfo);
  let isAcknowledged = false;
  const insert = client.query('INSERT INTO t SELECT generate_series(1, 600000)').then(
    () => {
      isAcknowledged = true;
    },
    () => undefined,
  );
  const isAtWork = async () => {
    const sql = "SELECT 1 FROM pg_stat_activity WHERE query LIKE 'INSERT INTO t%' AND state = 'active'";
    return (await sandbox.query(1, sql)).length > 0 ? true : undefined;
  };
  expect(await waitUntil(isAtWork, { deadlineMs: 5_000, intervalMs: 10 })).toBe(true);
  await killPostmaster(sandbox, 1);
  const winner = await awaitNewLeader(sandbox, 1);
  await insert;
  const [row] = await sandbox.query<{ n: number }>(winner, 'SELECT count(*)::int AS n FROM t');
  expect(row?.n).toBe(isAcknowledged ? 600_000 : 0);
  await awaitStreaming(
    sandbox,
    winner,
    [1, 2, 3].filter((id) => id !== winner),
  );
  await client.close();
});

it('a crashed backend of the primary is failed over as a crash of PostgreSQL, and makes no timeline of its own', async () => {
  const sandbox = await sandboxForTest({ nodes: 3, repmgrConf: { failover: 'automatic' } });
  await startRepmgrds(sandbox);
  const isArmed = async () => {
    const [row] = await sandbox.query<{ value: string }>(
      1,
      "SELECT current_setting('restart_after_crash') AS value",
    );
    return row?.value === 'off' ? true : undefined;
  };
  expect(await waitUntil(isArmed, { deadlineMs: 5_000 })).toBe(true);
  await sandbox.query(1, 'CREATE TABLE t AS SELECT 1 AS id');
  const client = await connect(sandbox.node(1).conninfo);
  const [backend] = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  process.kill(backend?.pid ?? 0, 'SIGKILL');
  const winner = await awaitNewLeader(sandbox, 1);
  expect(await sandbox.query(winner, 'SELECT id FROM t')).toEqual([{ id: 1 }]);
  await awaitStreaming(
    sandbox,
    winner,
    [1, 2, 3].filter((id) => id !== winner),
  );
  const [timeline] = await sandbox.query(
    winner,
    'SELECT substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) AS t',
  );
  expect(timeline).toEqual({ t: '00000002' });
  expect((await processesOfServer(sandbox.node(1).dataDirectory, undefined)).length).toBe(0);
  await client.close();
});
