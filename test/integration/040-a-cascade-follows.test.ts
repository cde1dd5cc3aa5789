/** `standby follow --upstream-node-id`: to another standby and back, with slots that move along. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { postmasterOf } from '../support/local-server.ts';
import { sandboxForTest } from '../support/sandbox.ts';

describe('a standby of a standby', () => {
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await sandboxForTest({ nodes: 3 });
  });
  const slots = (node: number) =>
    sandbox.query(node, 'SELECT slot_name::text, active FROM pg_replication_slots ORDER BY 1');
  const upstream = (node: number) =>
    sandbox.query(node, 'SELECT upstream_node_id FROM repmgr_sandbox.repl_nodes WHERE id = 3');

  it('streams from the node that is named; its slot on the former one is dropped', async () => {
    const before = await postmasterOf(sandbox, 3);
    const followed = await sandbox.repmgr(3, ['standby', 'follow', '--upstream-node-id=2', '--verbose']);
    expect(followed.stderr).toContain('NOTICE: node "node3" (ID: 3) streams from node "node2" (ID: 2) now');
    expect(followed.stderr).toContain(
      'INFO: replication slot "repmgr_slot_3" on node "node1" (ID: 1) was dropped',
    );
    expect(followed).toMatchObject({ exitCode: 0 });
    expect(await postmasterOf(sandbox, 3)).toBe(before);
    expect(await slots(1)).toEqual([{ slot_name: 'repmgr_slot_2', active: true }]);
    expect(await slots(2)).toEqual([{ slot_name: 'repmgr_slot_3', active: true }]);
    expect(await upstream(1)).toEqual([{ upstream_node_id: 2 }]);
    expect(
      await sandbox.query(
        1,
        `SELECT node_id, event, details FROM repmgr_sandbox.repl_events
          WHERE event IN ('standby_follow', 'slot_dropped') ORDER BY event_timestamp`,
      ),
    ).toEqual([
      { node_id: 3, event: 'standby_follow', details: null },
      { node_id: 3, event: 'slot_dropped', details: 'replication slot "repmgr_slot_3" on node 1' },
    ]);

    const circle = await sandbox.repmgr(2, ['standby', 'follow', '--upstream-node-id=3']);
    expect(circle.exitCode).toBe(1);
    expect(circle.stderr).toMatch(
      /^ERROR: node "node3" \(ID: 3\) cannot be the upstream of node "node2" \(ID: 2\)\n/,
    );
  });

  it('keeps its slot when its upstream is promoted, and needs no follow of its own', async () => {
    await sandbox.kill(1);
    expect(await sandbox.repmgr(2, ['standby', 'promote'])).toMatchObject({ exitCode: 0 });
    expect(await slots(2)).toEqual([{ slot_name: 'repmgr_slot_3', active: true }]);
    await sandbox.query(2, 'CREATE TABLE later AS SELECT 1 AS id');
    await expect
      .poll(() => sandbox.query(3, `SELECT to_regclass('later') IS NOT NULL AS is_there`), {
        timeout: 10_000,
      })
      .toEqual([{ is_there: true }]);
    expect(await sandbox.repmgr(3, ['standby', 'follow'])).toMatchObject({ exitCode: 0 });
    expect(await upstream(2)).toEqual([{ upstream_node_id: 2 }]);
  });

  it('cannot take a logical slot of its name: exit code 7, and an event that says why', async () => {
    await sandbox.stop(3);
    await expect.poll(() => slots(2)).toEqual([{ slot_name: 'repmgr_slot_3', active: false }]);
    await sandbox.query(2, `SELECT pg_drop_replication_slot('repmgr_slot_3')`);
    await sandbox.query(2, 'ALTER SYSTEM SET wal_level = logical');
    await sandbox.stop(2);
    await sandbox.start(2);
    await sandbox.query(2, `SELECT pg_create_logical_replication_slot('repmgr_slot_3', 'pgoutput')`);
    await sandbox.start(3);
    const refused = await sandbox.repmgr(3, ['standby', 'follow']);
    expect(refused.exitCode).toBe(7);
    expect(refused.stderr).toMatch(/^ERROR: replication slot "repmgr_slot_3" exists, and is a logical one\n/);
    expect(
      await sandbox.query(
        2,
        `SELECT details FROM repmgr_sandbox.repl_events WHERE event = 'standby_follow' AND NOT successful`,
      ),
    ).toEqual([
      { details: expect.stringMatching(/^replication slot "repmgr_slot_3" exists, and is a logical one: /) },
    ]);
    await sandbox.query(2, `SELECT pg_drop_replication_slot('repmgr_slot_3')`);
    expect(await sandbox.repmgr(3, ['standby', 'follow'])).toMatchObject({ exitCode: 0 });
  });

  it('follows as a role that is no superuser, by pg_ctl, with nothing but what PostgreSQL shows it', async () => {
    await sandbox.query(2, 'ALTER ROLE repmgr REPLICATION');
    await sandbox.query(2, 'ALTER ROLE repmgr NOSUPERUSER');
    await expect
      .poll(() => sandbox.query(3, `SELECT rolsuper AS is_super FROM pg_roles WHERE rolname = 'repmgr'`), {
        timeout: 10_000,
      })
      .toEqual([{ is_super: false }]);
    const before = await postmasterOf(sandbox, 3);
    const followed = await sandbox.repmgr(3, ['standby', 'follow', '--verbose']);
    expect(followed.stderr).toMatch(/INFO: reload the server: run "pg_ctl reload -D .*node3"\n/);
    expect(followed).toMatchObject({ exitCode: 0 });
    expect(await postmasterOf(sandbox, 3)).toBe(before);
    expect(await slots(2)).toEqual([{ slot_name: 'repmgr_slot_3', active: true }]);
  });
});
