/** A primary that died with rows which nobody else has comes back by itself, and is never writable beside the new one. */
import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { findPostmaster } from '../../src/postgres/postmaster.ts';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { waitUntil } from '../../src/system/clock.ts';
import { awaitNewLeader, awaitStreaming, startRepmgrds } from '../support/repmgrds.ts';
import { sandboxForTest } from '../support/sandbox.ts';

/** What is written on node 1 from now on reaches nobody, though its repmgrd is heard. */
async function stopWalSenders(sandbox: Sandbox): Promise<void> {
  const senders = await sandbox.query<{ pid: number }>(1, 'SELECT pid FROM pg_stat_replication');
  for (const { pid } of senders) process.kill(pid, 'SIGSTOP');
}

it('it is read-only whoever starts it, keeps what only it has, and is rewound by its repmgrd', async () => {
  const sandbox = await sandboxForTest({
    nodes: 3,
    postgresqlConf: { wal_log_hints: 'on' },
    repmgrConf: { failover: 'automatic', rejoin: 'automatic', primary_lease_secs: '2' },
  });
  await startRepmgrds(sandbox);
  await sandbox.query(1, 'CREATE TABLE t (id int)');
  await awaitStreaming(sandbox, 1, [2, 3]);
  await stopWalSenders(sandbox);
  await sandbox.query(1, 'INSERT INTO t SELECT generate_series(1, 500)');
  await sandbox.kill(1);
  const winner = await awaitNewLeader(sandbox, 1);
  await sandbox.query(winner, 'INSERT INTO t VALUES (0)');

  await sandbox.start(1);
  expect(await sandbox.query(1, 'SELECT pg_is_in_recovery() AS r')).toEqual([{ r: true }]);
  await sandbox.startRepmgrd(1);
  await awaitStreaming(sandbox, winner, [1], 60_000);
  const isThere = async () => {
    const [row] = await sandbox.query<{ n: number }>(1, 'SELECT count(*)::int AS n FROM t');
    return row?.n === 1 ? true : undefined;
  };
  expect(await waitUntil(isThere, { deadlineMs: 10_000 })).toBe(true);
  const shown = await sandbox.repmgr(1, ['node', 'diverged']);
  expect(shown.stdout).toMatch(/repmgr\.public\.t +\| 500 +\| 0 +\| 0/);
  expect(await readFile(sandbox.node(1).repmgrdLogFile, 'utf8')).toContain('by a rewind');
  expect(await findPostmaster(sandbox.node(winner).dataDirectory)).toBeDefined();
});

it('up to 11, where there is no safe start, its repmgrd fences it as soon as it sees it, and copies it anew', async () => {
  const sandbox = await sandboxForTest({
    nodes: 3,
    postgresVersion: 10,
    repmgrConf: { failover: 'automatic', rejoin: 'automatic', primary_lease_secs: '2' },
  });
  await startRepmgrds(sandbox);
  await sandbox.query(1, 'CREATE TABLE t (id int)');
  await awaitStreaming(sandbox, 1, [2, 3]);
  await sandbox.kill(1);
  const winner = await awaitNewLeader(sandbox, 1, 60_000);
  await sandbox.start(1);
  expect(await sandbox.query(1, 'SELECT pg_is_in_recovery() AS r')).toEqual([{ r: false }]);
  const before = await findPostmaster(sandbox.node(1).dataDirectory);
  await sandbox.startRepmgrd(1);
  const isFenced = async () => {
    const now = await findPostmaster(sandbox.node(1).dataDirectory);
    return now?.pid === before?.pid ? undefined : true;
  };
  expect(await waitUntil(isFenced, { deadlineMs: 5_000, intervalMs: 10 })).toBe(true);
  await awaitStreaming(sandbox, winner, [1], 60_000);
});
