/** Nodes leave the metadata; the servers themselves go on. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { sandboxForTest } from '../support/sandbox.ts';
import { withSettings } from '../support/sandbox-files.ts';

describe('unregistration', () => {
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await sandboxForTest({ nodes: 3 });
  });
  const standby = (node: number, ...args: string[]) =>
    sandbox.repmgr(node, ['standby', 'unregister', ...args]);
  const primary = (node: number, ...args: string[]) =>
    sandbox.repmgr(node, ['primary', 'unregister', ...args]);
  const ids = async (table = 'repl_nodes', column = 'id') => {
    const rows = await sandbox.query<{ id: number }>(
      1,
      `SELECT ${column} AS id FROM repmgr_sandbox.${table} ORDER BY 1`,
    );
    return rows.map(({ id }) => id);
  };

  it('takes out the own node, or any other by id or name, and tells it as an event of that node', async () => {
    const dryRun = await standby(3, '--dry-run');
    expect(dryRun).toMatchObject({
      exitCode: 0,
      stdout: 'delete standby "node3" (ID: 3) from the metadata\n',
      stderr: '',
    });
    expect(await ids()).toEqual([1, 2, 3]);

    expect(await standby(3)).toMatchObject({
      exitCode: 0,
      stderr:
        'NOTICE: standby node "node3" (ID: 3) is not registered any more\n' +
        "HINT: If the node is gone for good, drop its slot on its upstream: SELECT pg_drop_replication_slot('repmgr_slot_3').\n",
    });
    expect(await ids()).toEqual([1, 2]);
    expect(await ids('repmgr_node', 'node_id')).toEqual([1, 2]);
    expect(await sandbox.query(3, 'SELECT pg_is_in_recovery() AS runs')).toEqual([{ runs: true }]);
    for (const option of ['--node=2', '--node-id=2', '--node-name=node2']) {
      expect(await standby(1, option)).toMatchObject({ exitCode: 0 });
      expect(await ids()).toEqual([1]);
      expect(await sandbox.repmgr(2, ['standby', 'register', '--wait-sync=20'])).toMatchObject({
        exitCode: 0,
      });
    }
    expect(
      await sandbox.query(
        1,
        `SELECT node_id, count(*)::int AS events FROM repmgr_sandbox.repl_events
          WHERE event = 'standby_unregister' AND successful GROUP BY node_id ORDER BY node_id`,
      ),
    ).toEqual([
      { node_id: 2, events: 3 },
      { node_id: 3, events: 1 },
    ]);
    expect(await sandbox.repmgr(3, ['standby', 'register'])).toMatchObject({ exitCode: 0 });
  });

  it('takes out a standby that is down, asked on another node', async () => {
    await sandbox.stop(3);
    const onItself = await standby(3);
    expect(onItself.exitCode).toBe(6);
    expect(await standby(2, '--node-id=3')).toMatchObject({ exitCode: 0 });
    expect(await ids()).toEqual([1, 2]);
    await sandbox.start(3);
    expect(await sandbox.repmgr(3, ['standby', 'register'])).toMatchObject({ exitCode: 0 });
  });

  it('refuses what is no standby, is not registered, or has followers', async () => {
    expect(await standby(1)).toMatchObject({
      exitCode: 1,
      stderr:
        'ERROR: node "node1" (ID: 1) is not registered as a standby\nDETAIL: Its row says primary.\n' +
        'HINT: Run "repmgr primary unregister --node-id=1" for it.\n',
    });
    expect(await standby(1, '--node-id=77')).toMatchObject({
      exitCode: 1,
      stderr:
        'ERROR: node ID 77 is not registered\n' +
        'DETAIL: These nodes are: "node1" (ID: 1), "node2" (ID: 2), "node3" (ID: 3).\n' +
        'HINT: Name the node with --node-id; "repmgr cluster show" shows all nodes.\n',
    });
    expect((await standby(1, '--node-name=none')).stderr).toMatch(/^ERROR: node "none" is not registered\n/);
    await sandbox.query(1, 'UPDATE repmgr_sandbox.repl_nodes SET upstream_node_id = 2 WHERE id = 3');
    expect(await standby(1, '--node-id=2')).toMatchObject({
      exitCode: 1,
      stderr:
        'ERROR: node "node2" (ID: 2) is the upstream of other nodes\n' +
        'DETAIL: These are registered with it as their upstream: "node3" (ID: 3).\n' +
        'HINT: Run "repmgr standby follow" on them, or unregister them first.\n',
    });
    await sandbox.query(1, 'UPDATE repmgr_sandbox.repl_nodes SET upstream_node_id = 1 WHERE id = 3');
    expect(await ids()).toEqual([1, 2, 3]);
    const elsewhere = await withSettings(sandbox, 2, { cluster: 'elsewhere' });
    const missing = await sandbox.repmgr(2, [...elsewhere, 'standby', 'unregister']);
    expect(missing.exitCode).toBe(1);
    expect(missing.stderr).toMatch(/^ERROR: schema "repmgr_elsewhere" does not exist\n/);
  });

  it('keeps the row of a primary that is in use', async () => {
    expect(await primary(1)).toMatchObject({ exitCode: 1 });
    expect((await primary(1, '--force')).stderr).toMatch(/^ERROR: node "node1" \(ID: 1\) is the upstream of/);
    await sandbox.query(1, 'UPDATE repmgr_sandbox.repl_nodes SET upstream_node_id = NULL');
    expect(await primary(1)).toMatchObject({
      exitCode: 1,
      stderr:
        'ERROR: node "node1" (ID: 1) is the active primary\nDETAIL: Its server accepts writes at this moment.\n' +
        'HINT: Promote a standby first; if the node is gone for good, add --force.\n',
    });
    await sandbox.query(
      1,
      "UPDATE repmgr_sandbox.repl_nodes SET type = 'master', active = false WHERE id = 3",
    );
    expect(await primary(1, '--node-id=3')).toMatchObject({
      exitCode: 1,
      stderr:
        'ERROR: node "node3" (ID: 3) runs as a standby\nDETAIL: It is registered as a primary, but its server is in recovery.\n' +
        'HINT: Run "repmgr standby register --force" on it, or add --force to delete its row.\n',
    });
    expect(await primary(2, '--node-id=3', '--force')).toMatchObject({ exitCode: 0 });
    expect(await ids()).toEqual([1, 2]);
    await sandbox.query(1, 'UPDATE repmgr_sandbox.repl_nodes SET upstream_node_id = 1 WHERE id <> 1');
    expect(await sandbox.repmgr(3, ['standby', 'register'])).toMatchObject({ exitCode: 0 });
  });

  it('leads out of a promotion by hand: register the new primary, follow, unregister the dead one', async () => {
    await sandbox.kill(1);
    await sandbox.query(2, 'SELECT pg_promote()');
    const refused = await sandbox.repmgr(2, ['primary', 'register']);
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toMatch(
      /^ERROR: another node is registered as the active primary\nDETAIL: Node "node1" \(ID: 1\) has an active row.*\nHINT: .*add --force\.\n$/,
    );
    expect(await sandbox.repmgr(2, ['primary', 'register', '--force'])).toMatchObject({ exitCode: 0 });
    const followed = await primary(2, '--node-id=1');
    expect(followed.exitCode).toBe(1);
    expect(followed.stderr).toMatch(
      /DETAIL: .*upstream: "node3" \(ID: 3\)\.\nHINT: Run "repmgr standby follow"/,
    );
    // What "standby follow" writes.
    await sandbox.query(2, 'UPDATE repmgr_sandbox.repl_nodes SET upstream_node_id = 2 WHERE id = 3');

    const dryRun = await primary(2, '--node-id=1', '--dry-run', '--json');
    expect(JSON.parse(dryRun.stdout)).toEqual({
      steps: ['delete primary "node1" (ID: 1) from the metadata'],
    });
    expect(await primary(2, '--node-id=1')).toMatchObject({ exitCode: 0 });
    expect(
      await sandbox.query(
        2,
        'SELECT id, type, upstream_node_id, active FROM repmgr_sandbox.repl_nodes ORDER BY id',
      ),
    ).toEqual([
      { id: 2, type: 'master', upstream_node_id: null, active: true },
      { id: 3, type: 'standby', upstream_node_id: 2, active: true },
    ]);
    expect(
      await sandbox.query(
        2,
        "SELECT node_id FROM repmgr_sandbox.repl_events WHERE event = 'primary_unregister' ORDER BY event_timestamp",
      ),
    ).toEqual([{ node_id: 3 }, { node_id: 1 }]);
  });

  it('deletes the row of an inactive former primary without --force', async () => {
    await sandbox.query(
      2,
      `INSERT INTO repmgr_sandbox.repl_nodes (id, type, cluster, name, conninfo, priority, active)
       VALUES (8, 'master', 'sandbox', 'old', 'host=127.0.0.1 port=1 dbname=repmgr', 100, false)`,
    );
    expect(await primary(2, '--node-name=old')).toMatchObject({
      exitCode: 0,
      stderr: 'NOTICE: primary node "old" (ID: 8) is not registered any more\n',
    });
    expect(await primary(2, '--node-name=old')).toMatchObject({ exitCode: 1 });
  });
});
