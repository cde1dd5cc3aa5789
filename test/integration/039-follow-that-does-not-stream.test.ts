/** A follow that fails after its settings were written: what is put back, what stays, and that the message is true. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { interruptRepmgr } from '../support/interrupted.ts';
import { postmasterOf, prependHba } from '../support/local-server.ts';
import { sandboxForTest } from '../support/sandbox.ts';
import { withSettings } from '../support/sandbox-files.ts';

describe('a follow that fails', () => {
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await sandboxForTest({ nodes: 3 });
    await sandbox.query(1, `ALTER ROLE repmgr PASSWORD 'hush'`);
  });
  const hasStandby = (node: number) =>
    sandbox.query(node, `SELECT state FROM pg_stat_replication WHERE application_name = 'node3'`);
  const settings = () => readFile(join(sandbox.node(3).dataDirectory, 'postgresql.auto.conf'), 'utf8');
  const metadata = (node: number) =>
    sandbox.query(node, 'SELECT upstream_node_id FROM repmgr_sandbox.repl_nodes WHERE id = 3');
  const slots = async (node: number) => {
    const rows = await sandbox.query<{ slot_name: string }>(
      node,
      'SELECT slot_name::text FROM pg_replication_slots ORDER BY 1',
    );
    return rows.map(({ slot_name }) => slot_name);
  };
  const events = (node: number) =>
    sandbox.query(
      node,
      `SELECT successful, details FROM repmgr_sandbox.repl_events WHERE event = 'standby_follow'`,
    );

  it('because the restart fails leaves the server as it was', async () => {
    const before = [await postmasterOf(sandbox, 3), await settings(), await slots(2)];
    const file = await withSettings(sandbox, 3, {
      standby_follow_restart: 'on',
      service_restart_command: 'echo permission denied >&2; exit 5',
    });
    const failed = await sandbox.repmgr(3, [...file, 'standby', 'follow', '--upstream-node-id=2']);
    expect(failed.exitCode).toBe(4);
    expect(failed.stderr).toMatch(
      /ERROR: the command to restart the server failed with exit code 5\nDETAIL: The command was: .*\nDETAIL: permission denied\nDETAIL: The server runs as before, and its old recovery settings are back\.\n/,
    );
    const after = [await postmasterOf(sandbox, 3), await settings(), await slots(2)];
    expect(sorted(after)).toEqual(sorted(before));
    expect(await hasStandby(1)).toEqual([{ state: 'streaming' }]);
  });

  it('because the new upstream refuses the WAL receiver brings back a stream that was there: exit code 23', async () => {
    const restore = await prependHba(sandbox, 2, ['host replication all 127.0.0.1/32 password']);
    await expect
      .poll(() => sandbox.repmgr(3, ['standby', 'follow', '--upstream-node-id=2', '--dry-run']), {
        timeout: 10_000,
      })
      .toMatchObject({ exitCode: 1 });
    // We have the password, the server of node 3 has not.
    const file = await withSettings(sandbox, 3, { standby_follow_timeout: '2' });
    const before = [await settings(), await slots(2)];
    const failed = await sandbox.repmgr(3, [...file, 'standby', 'follow', '--upstream-node-id=2'], {
      env: { PGPASSWORD: 'hush' },
    });
    expect(failed.stderr).toMatch(
      /ERROR: the local server does not stream from node "node2" \(ID: 2\) after 2 seconds\nDETAIL: No WAL receiver runs on the local server\.\nDETAIL: Its old recovery settings are back and in force \(reload\): it goes on as before\. The metadata are as before\.\n/,
    );
    expect(failed.exitCode).toBe(23);
    await expect.poll(() => hasStandby(1), { timeout: 20_000 }).toEqual([{ state: 'streaming' }]);
    expect(sorted([await settings(), await slots(2)])).toEqual(sorted(before));
    expect(await metadata(1)).toEqual([{ upstream_node_id: 1 }]);
    expect(await events(1)).toEqual([
      { successful: false, details: expect.stringContaining('does not stream from node "node2"') },
    ]);
    await restore();
  });

  it('with an upstream that is gone keeps the new settings, which lead somewhere as soon as the cause is away', async () => {
    await sandbox.kill(1);
    expect(await sandbox.repmgr(2, ['standby', 'promote'])).toMatchObject({ exitCode: 0 });
    const restore = await prependHba(sandbox, 2, ['host replication all 127.0.0.1/32 password']);
    await expect
      .poll(() => sandbox.repmgr(3, ['standby', 'follow', '--dry-run']), { timeout: 10_000 })
      .toMatchObject({ exitCode: 1 });
    const file = await withSettings(sandbox, 3, { standby_follow_timeout: '2' });
    const failed = await sandbox.repmgr(3, [...file, 'standby', 'follow'], { env: { PGPASSWORD: 'hush' } });
    expect(failed.exitCode).toBe(23);
    expect(failed.stderr).toMatch(
      /DETAIL: The new recovery settings stay in force: it streams as soon as it can\. The metadata are as before\.\n/,
    );
    expect(await metadata(2)).toEqual([{ upstream_node_id: 1 }]);
    expect(await slots(2)).toEqual(['repmgr_slot_3']);
    await restore();
    await expect.poll(() => hasStandby(2), { timeout: 20_000 }).toEqual([{ state: 'streaming' }]);
    expect(await sandbox.repmgr(3, ['standby', 'follow'])).toMatchObject({ exitCode: 0 });
    expect(await metadata(2)).toEqual([{ upstream_node_id: 2 }]);
  });

  it('to write the metadata says that it streams, and how to correct them', async () => {
    await sandbox.query(
      2,
      `CREATE FUNCTION repmgr_sandbox.refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''not now''; END'`,
    );
    await sandbox.query(
      2,
      'CREATE TRIGGER refuse BEFORE UPDATE ON repmgr_sandbox.repl_nodes FOR EACH ROW EXECUTE PROCEDURE repmgr_sandbox.refuse()',
    );
    const failed = await sandbox.repmgr(3, ['standby', 'follow']);
    expect(failed.exitCode).toBe(1);
    expect(failed.stderr).toMatch(
      /^ERROR: node "node3" \(ID: 3\) streams from node "node2" \(ID: 2\), but the metadata do not say so\nDETAIL: .*not now\n/,
    );
    await sandbox.query(2, 'DROP TRIGGER refuse ON repmgr_sandbox.repl_nodes');
    await sandbox.query(2, 'UPDATE repmgr_sandbox.repl_nodes SET upstream_node_id = 1 WHERE id = 3');
    const hint = /repmgr -f \S+ (standby register --force --upstream-node-id=2)/.exec(failed.stderr);
    expect(await sandbox.repmgr(3, (hint?.[1] ?? '').split(' '))).toMatchObject({ exitCode: 0 });
    expect(await metadata(2)).toEqual([{ upstream_node_id: 2 }]);
  });

  it('because the restart leaves the server down says so', async () => {
    const file = await withSettings(sandbox, 3, {
      standby_follow_restart: 'on',
      service_restart_command: `${sandbox.binDirectory}/pg_ctl -D ${sandbox.node(3).dataDirectory} -m fast -w stop; exit 7`,
    });
    const failed = await sandbox.repmgr(3, [...file, 'standby', 'follow']);
    expect(failed.exitCode).toBe(4);
    expect(failed.stderr).toMatch(
      /DETAIL: The new recovery settings stand in ".*node3"; the server does not run\. When it runs it is a standby that follows node "node2" \(ID: 2\)\.\nHINT: .*pg_ctl start -D .*/,
    );
    await sandbox.start(3);
    await expect.poll(() => hasStandby(2), { timeout: 20_000 }).toEqual([{ state: 'streaming' }]);
  });
});

it('a delayed standby is told to follow, and connects when it has replayed what it holds', async () => {
  const sandbox = await sandboxForTest({ nodes: 3 });
  await sandbox.query(3, `ALTER SYSTEM SET recovery_min_apply_delay = '1h'`);
  await sandbox.query(3, 'SELECT pg_reload_conf()');
  await expect
    .poll(() => sandbox.query(3, 'SHOW recovery_min_apply_delay'))
    .toEqual([{ recovery_min_apply_delay: '1h' }]);
  await sandbox.query(1, 'CREATE TABLE t AS SELECT generate_series(1, 2000) AS id');
  const held = 'SELECT pg_last_wal_receive_lsn() > pg_last_wal_replay_lsn() AS holds';
  await expect.poll(() => sandbox.query(3, held)).toEqual([{ holds: true }]);
  await sandbox.kill(1);
  expect(await sandbox.repmgr(2, ['standby', 'promote'])).toMatchObject({ exitCode: 0 });

  const waiting = /INFO: waiting up to 30 seconds until it streams/;
  const interrupted = await interruptRepmgr(sandbox, 3, ['--verbose', 'standby', 'follow'], waiting);
  expect(interrupted.exitCode).toBe(130);
  expect(interrupted.stderr).toMatch(
    /ERROR: the operation was interrupted while it waited for the stream\nDETAIL: The new recovery settings are in force: .* The metadata are as before\.\nHINT: Finish it by running the same command again/,
  );

  const file = await withSettings(sandbox, 3, { standby_follow_timeout: '1' });
  const later = await sandbox.repmgr(3, [...file, 'standby', 'follow']);
  expect(later.exitCode).toBe(23);
  expect(later.stderr).toMatch(/^WARNING: the server holds WAL that it replays with a delay of 1h, /);
  expect(later.stderr).toMatch(/DETAIL: It follows that node nevertheless, and the metadata say so: /);
  expect(
    await sandbox.query(2, 'SELECT upstream_node_id FROM repmgr_sandbox.repl_nodes WHERE id = 3'),
  ).toEqual([{ upstream_node_id: 2 }]);
  await sandbox.query(3, 'ALTER SYSTEM SET recovery_min_apply_delay = 0');
  await sandbox.query(3, 'SELECT pg_reload_conf()');
  await expect
    .poll(() => sandbox.query(2, 'SELECT application_name, state FROM pg_stat_replication'), {
      timeout: 20_000,
    })
    .toEqual([{ application_name: 'node3', state: 'streaming' }]);
});

/** Settings that were put back stand in another order. */
function sorted(parts: readonly unknown[]): readonly unknown[] {
  return parts.map((part) => (typeof part === 'string' ? part.split('\n').toSorted() : part));
}
