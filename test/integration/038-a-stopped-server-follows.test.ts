/** `standby follow -h HOST -D DIRECTORY` of a server that is down: a standby, or a former primary. */
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { sandboxForTest } from '../support/sandbox.ts';

const follow = (sandbox: Sandbox, node: number, primary: number, ...args: readonly string[]) =>
  sandbox.repmgr(node, [
    ...['-h', '127.0.0.1', '-p', String(sandbox.node(primary).port), '-D', sandbox.node(node).dataDirectory],
    ...['standby', 'follow', ...args],
  ]);
const isStandbyFile = (sandbox: Sandbox, node: number) =>
  existsSync(join(sandbox.node(node).dataDirectory, 'standby.signal')) ||
  existsSync(join(sandbox.node(node).dataDirectory, 'recovery.conf'));
const row = (sandbox: Sandbox, primary: number, node: number) =>
  sandbox.query(
    primary,
    `SELECT type, upstream_node_id, active FROM repmgr_sandbox.repl_nodes WHERE id = ${node}`,
  );

describe.each([10, 15])('on PostgreSQL %i', (postgresVersion) => {
  it('a former primary that was shut down in good order becomes a standby; a stopped standby is started', async () => {
    const sandbox = await sandboxForTest({ nodes: 3, postgresVersion });
    await sandbox.query(1, 'CREATE TABLE ledger AS SELECT 1 AS id');
    await sandbox.stop(1);
    await sandbox.stop(3);
    expect(await sandbox.repmgr(2, ['standby', 'promote'])).toMatchObject({ exitCode: 0 });
    await sandbox.query(2, 'INSERT INTO ledger VALUES (2)');

    const dryRun = await follow(sandbox, 1, 2, '--dry-run');
    expect(dryRun).toMatchObject({ exitCode: 0 });
    expect(dryRun.stdout).toContain(
      `start the server: run "pg_ctl start -D ${sandbox.node(1).dataDirectory} -w"`,
    );
    expect(isStandbyFile(sandbox, 1)).toBe(false);

    for (const node of [1, 3]) {
      const followed = await follow(sandbox, node, 2);
      expect(followed.stderr).toMatch(
        /NOTICE: node "node\d" \(ID: \d\) (streams from|is catching up with) node "node2"/,
      );
      expect(followed).toMatchObject({ exitCode: 0 });
      expect(isStandbyFile(sandbox, node)).toBe(true);
      await expect
        .poll(() => sandbox.query(node, 'SELECT count(*)::int AS rows FROM ledger'), { timeout: 10_000 })
        .toEqual([{ rows: 2 }]);
      expect(await row(sandbox, 2, node)).toEqual([{ type: 'standby', upstream_node_id: 2, active: true }]);
    }
    expect(await sandbox.query(2, 'SELECT application_name FROM pg_stat_replication ORDER BY 1')).toEqual([
      { application_name: 'node1' },
      { application_name: 'node3' },
    ]);
  });
});

it('a former primary that died with WAL that nobody else has is refused, and stays as it was', async () => {
  const sandbox = await sandboxForTest({ nodes: 2 });
  await sandbox.query(1, 'CREATE TABLE ledger AS SELECT 1 AS id');
  await sandbox.stop(2);
  await sandbox.query(1, 'INSERT INTO ledger VALUES (2)');
  await sandbox.kill(1);
  await sandbox.start(2);
  expect(await sandbox.repmgr(2, ['standby', 'promote'])).toMatchObject({ exitCode: 0 });

  const refused = await follow(sandbox, 1, 2);
  expect(refused).toMatchObject({ exitCode: 1, stdout: '' });
  expect(refused.stderr).toMatch(
    /^ERROR: the local server has WAL that node "node2" \(ID: 2\) does not have, and cannot follow it\n/,
  );
  expect(refused.stderr).toMatch(/its WAL reaches [0-9A-F]+\/[0-9A-F]+; "node2" \(ID: 2\) is on timeline 2/);
  expect(isStandbyFile(sandbox, 1)).toBe(false);
  expect(await row(sandbox, 2, 1)).toEqual([{ type: 'master', upstream_node_id: null, active: false }]);
  expect(await sandbox.query(2, 'SELECT slot_name FROM pg_replication_slots')).toEqual([]);
});

it('a former primary that died after its standby had everything follows, on the records that it wrote', async () => {
  const sandbox = await sandboxForTest({ nodes: 2 });
  await sandbox.query(1, 'CREATE TABLE ledger AS SELECT 1 AS id');
  const equal = 'SELECT pg_last_wal_replay_lsn() = $1::pg_lsn AS is_equal';
  await expect
    .poll(async () => {
      const [end] = await sandbox.query<{ lsn: string }>(1, 'SELECT pg_current_wal_lsn()::text AS lsn');
      return await sandbox.query(2, equal, [end?.lsn]);
    })
    .toEqual([{ is_equal: true }]);
  await sandbox.kill(1);
  expect(await sandbox.repmgr(2, ['standby', 'promote'])).toMatchObject({ exitCode: 0 });
  await sandbox.query(2, 'INSERT INTO ledger VALUES (2)');
  const followed = await follow(sandbox, 1, 2);
  expect(followed.stderr).toMatch(/^NOTICE: node "node1" \(ID: 1\) (streams from|is catching up with)/);
  expect(followed).toMatchObject({ exitCode: 0 });
  await expect
    .poll(() => sandbox.query(1, 'SELECT count(*)::int AS rows FROM ledger'), { timeout: 10_000 })
    .toEqual([{ rows: 2 }]);
});

it('a server that cannot be started is said to be down, with what it wrote, and is a standby when it runs', async () => {
  const sandbox = await sandboxForTest({ nodes: 2 });
  const { dataDirectory } = sandbox.node(1);
  await sandbox.stop(1);
  expect(await sandbox.repmgr(2, ['standby', 'promote'])).toMatchObject({ exitCode: 0 });
  const squatter = createServer().listen(sandbox.node(1).port, '127.0.0.1');
  onTestFinished(() => void squatter.close());
  await once(squatter, 'listening');

  const failed = await follow(sandbox, 1, 2);
  expect(failed.exitCode).toBe(4);
  expect(failed.stderr).toMatch(/^ERROR: the command to start the server failed with exit code 1\n/);
  expect(failed.stderr).toContain('could not bind');
  expect(failed.stderr).toMatch(
    /DETAIL: .*the server does not run\. When it runs it is a standby that follows/,
  );
  expect(isStandbyFile(sandbox, 1)).toBe(true);
  expect(await readFile(join(dataDirectory, 'postgresql.auto.conf'), 'utf8')).toContain(
    `port=${sandbox.node(2).port}`,
  );
});
