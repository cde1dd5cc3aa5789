/** Old monitoring history goes, on the primary, wherever the command is run; what repl_status needs stays. */
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { sandboxForTest } from '../support/sandbox.ts';

describe('cluster cleanup', () => {
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await sandboxForTest({ nodes: 3 });
  });
  /** One sample an hour for 100 days: of two standbys, of one that stopped long ago, of one that is not registered. */
  beforeEach(async () => {
    await sandbox.query(1, 'TRUNCATE repmgr_sandbox.repl_monitor');
    await sandbox.query(
      1,
      `INSERT INTO repmgr_sandbox.repl_monitor
       SELECT 1, node, now() - hour * interval '1 hour', NULL, '0/1', '0/1', 0, 0
         FROM generate_series(1, 2400) AS hour, (VALUES (2), (3), (77)) AS standbys (node)
        WHERE node <> 3 OR hour > 50 * 24`,
    );
  });
  const cleanup = (node: number, ...args: string[]) => sandbox.repmgr(node, ['cluster', 'cleanup', ...args]);
  const rows = async () =>
    await sandbox.query(
      1,
      'SELECT standby_node, count(*)::int AS rows FROM repmgr_sandbox.repl_monitor GROUP BY 1 ORDER BY 1',
    );
  const inView = async () =>
    (
      await sandbox.query<{ node: number }>(
        1,
        'SELECT standby_node AS node FROM repmgr_sandbox.repl_status ORDER BY 1',
      )
    ).map(({ node }) => node);

  it('keeps the days that -k says, and the newest row of a node that is registered', async () => {
    const dryRun = await cleanup(2, '-k', '30', '--dry-run');
    expect(dryRun).toMatchObject({ exitCode: 0, stderr: '' });
    expect(dryRun.stdout).toBe(
      'delete 4561 rows of monitoring history (older than 30 days); the newest row of each node stays\n' +
        'vacuum the table repl_monitor\n',
    );
    expect(await rows()).toEqual([
      { standby_node: 2, rows: 2400 },
      { standby_node: 3, rows: 1200 },
      { standby_node: 77, rows: 2400 },
    ]);
    // repmgr 3's line in a crontab, on a standby.
    expect(await cleanup(2, '-k', '30')).toMatchObject({
      exitCode: 0,
      stdout: '',
      stderr: 'NOTICE: 4561 rows of monitoring history were deleted (older than 30 days)\n',
    });
    expect(await rows()).toEqual([
      { standby_node: 2, rows: 719 },
      { standby_node: 3, rows: 1 },
      { standby_node: 77, rows: 719 },
    ]);
    expect(await inView()).toEqual([2, 3]);
    expect(
      await sandbox.query(
        1,
        "SELECT node_id, successful, details FROM repmgr_sandbox.repl_events WHERE event = 'cluster_cleanup'",
      ),
    ).toEqual([
      {
        node_id: 2,
        successful: true,
        details: '4561 rows of monitoring history were deleted (older than 30 days)',
      },
    ]);
    // Nothing to do is nothing to mail.
    expect(await cleanup(1, '--keep-history=30')).toMatchObject({ exitCode: 0, stdout: '', stderr: '' });
  });

  it('without -k leaves the newest row of each node, and nothing of nodes that are no more', async () => {
    expect(await cleanup(1, '--json')).toMatchObject({
      exitCode: 0,
      stdout: '{\n  "deleted_rows": 5998\n}\n',
    });
    expect(await rows()).toEqual([
      { standby_node: 2, rows: 1 },
      { standby_node: 3, rows: 1 },
    ]);
    expect(await inView()).toEqual([2, 3]);
    expect((await cleanup(1, '--json')).stdout).toBe('{\n  "deleted_rows": 0\n}\n');
  });

  it('takes the history of one node only, registered or not', async () => {
    expect((await cleanup(3, '--node-id=77', '-k', '0')).stderr).toBe(
      'NOTICE: 2400 rows of monitoring history were deleted (of node ID 77)\n',
    );
    expect((await cleanup(3, '--node=2', '-k', '99')).stderr).toBe(
      'NOTICE: 25 rows of monitoring history were deleted (older than 99 days, of node "node2" (ID: 2))\n',
    );
    expect(await rows()).toEqual([
      { standby_node: 2, rows: 2375 },
      { standby_node: 3, rows: 1200 },
    ]);
    expect(await cleanup(3, '--node=78')).toMatchObject({
      exitCode: 1,
      stderr:
        'ERROR: node ID 78 is not registered, and there is no monitoring history of it\n' +
        'DETAIL: These nodes are: "node1" (ID: 1), "node2" (ID: 2), "node3" (ID: 3).\n' +
        'HINT: Correct --node; "repmgr cluster show" shows all nodes.\n',
    });
  });

  it('deletes many rows in several transactions, so that writers and readers never wait', async () => {
    await sandbox.query(
      1,
      `INSERT INTO repmgr_sandbox.repl_monitor
       SELECT 1, 2, now() - interval '200 days' - second * interval '1 second', NULL, '0/1', '0/1', 0, 0
         FROM generate_series(1, 35000) AS second`,
    );
    // All of them at one moment: more than a batch, and still one batch.
    await sandbox.query(
      1,
      `INSERT INTO repmgr_sandbox.repl_monitor
       SELECT 1, 3, date_trunc('day', now() - interval '300 days'), NULL, '0/1', '0/1', 0, 0
         FROM generate_series(1, 12000)`,
    );
    const transactions = async () =>
      (await sandbox.query<{ id: string }>(1, 'SELECT txid_current()::text AS id'))[0]?.id ?? '';
    const before = Number(await transactions());
    const result = await cleanup(1, '-k', '150', '--log-level=DEBUG');
    expect(result.exitCode).toBe(0);
    expect(result.stderr).toContain(
      'NOTICE: 47000 rows of monitoring history were deleted (older than 150 days)\n',
    );
    const batches = [...result.stderr.matchAll(/DEBUG: (\d+) rows of monitoring history are deleted/g)];
    expect(batches.map(([, rowCount]) => Number(rowCount))).toEqual([12_000, 22_000, 32_000, 42_000, 47_000]);
    expect(Number(await transactions()) - before).toBeGreaterThanOrEqual(5);
  });

  it('ends with exit code 6 where there is no primary, and with 7 where the role may not delete', async () => {
    await sandbox.query(
      1,
      `CREATE ROLE reader LOGIN; GRANT USAGE ON SCHEMA repmgr_sandbox TO reader;
       GRANT SELECT ON ALL TABLES IN SCHEMA repmgr_sandbox TO reader;
       UPDATE repmgr_sandbox.repl_nodes SET conninfo = replace(conninfo, 'user=repmgr', 'user=reader')`,
    );
    const plain = await cleanup(1, '-k', '1');
    expect(plain).toMatchObject({ exitCode: 7 });
    expect(plain.stderr).toMatch(
      /^ERROR: .*permission denied for (?:table|relation) repl_monitor\nDETAIL: .* 0 of \d+ rows of monitoring history were deleted before\.\nHINT: .*superuser/,
    );
    await sandbox.query(
      1,
      "UPDATE repmgr_sandbox.repl_nodes SET conninfo = replace(conninfo, 'user=reader', 'user=repmgr')",
    );
    await sandbox.stop(1);
    const result = await cleanup(2, '-k', '30');
    expect(result.exitCode).toBe(6);
    expect(result.stderr).toMatch(/^ERROR: no primary of cluster "sandbox" was found\n/);
    await sandbox.start(1);
  });
});
