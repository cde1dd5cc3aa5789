/** The lines below the table: what an administrator did behind repmgr's back, one thing after the other. */
import { expect, it } from 'vitest';
import { sandboxForTest } from '../support/sandbox.ts';

interface Warning {
  readonly node_id: number | null;
  readonly code: string;
}

it('names a wrong upstream, a stopped WAL receiver, paused replay, an unused slot and a second primary', async () => {
  const sandbox = await sandboxForTest({ nodes: 3, repmgrConf: { use_replication_slots: '0' } });
  const warnings = async () => {
    const { stdout } = await sandbox.repmgr(1, ['cluster', 'show', '--json']);
    const found: readonly Warning[] = JSON.parse(stdout).warnings;
    return found.map(({ node_id, code }) => `${node_id ?? 'cluster'} ${code}`);
  };
  const eventually = (...expected: readonly string[]) =>
    expect.poll(warnings, { timeout: 20_000, interval: 200 }).toEqual(expected);
  const follow = async (conninfo: string) => {
    await sandbox.query(3, `ALTER SYSTEM SET primary_conninfo = '${conninfo}'`);
    await sandbox.query(3, 'SELECT pg_reload_conf()');
  };
  await eventually();

  const nameOfThird = 'application_name=node3';
  await follow(`${sandbox.node(2).conninfo} ${nameOfThird}`);
  await eventually('3 other_upstream');

  await follow(`host=127.0.0.1 port=1 user=repmgr ${nameOfThird}`);
  await eventually('3 not_attached');

  await follow(`${sandbox.node(1).conninfo} ${nameOfThird}`);
  await sandbox.query(2, 'SELECT pg_wal_replay_pause()');
  await eventually('2 replay_paused');
  await sandbox.query(2, 'SELECT pg_wal_replay_resume()');

  await sandbox.query(1, `SELECT pg_create_physical_replication_slot('repmgr_slot_7', true)`);
  await eventually('1 slot_left_over');
  await sandbox.query(1, `SELECT pg_drop_replication_slot('repmgr_slot_7')`);

  await sandbox.query(1, 'UPDATE repmgr_sandbox.repl_nodes SET active = false WHERE id = 2');
  await eventually('2 inactive_but_running');
  await sandbox.query(1, 'UPDATE repmgr_sandbox.repl_nodes SET active = true WHERE id = 2');

  await sandbox.query(2, 'SELECT pg_promote()');
  await eventually('cluster several_primaries', '2 writable_standby');
  const { exitCode, stdout, stderr } = await sandbox.repmgr(1, ['cluster', 'show']);
  expect(exitCode).toBe(0);
  expect(stdout.match(/^\* master/gm)).toHaveLength(2);
  expect(stderr).toMatch(/^WARNING: several nodes accept writes: .*\nHINT: Stop all of them/m);
});
