/** What keeps a standby from being promoted, each before anything was changed. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { prependHba } from '../support/local-server.ts';
import { sandboxForTest } from '../support/sandbox.ts';
import { withSettings } from '../support/sandbox-files.ts';

describe('a promotion is refused', () => {
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await sandboxForTest({ nodes: 3 });
  });
  const promote = (...args: readonly string[]) => sandbox.repmgr(2, [...args, 'standby', 'promote']);
  const expectStandby = async () => {
    const state = 'SELECT pg_is_in_recovery() AS is_standby';
    expect(await sandbox.query(2, state)).toEqual([{ is_standby: true }]);
  };

  it('to a node that is not registered, and to a server that is registered under another id', async () => {
    const stranger = await promote(...(await withSettings(sandbox, 2, { node: '9', node_name: 'node9' })));
    expect(stranger.exitCode).toBe(1);
    expect(stranger.stderr).toMatch(/^ERROR: node 9 is not registered as a standby\n/);
    expect(stranger.stderr).toMatch(/HINT: .* standby register\n$/);

    const mistaken = await promote(...(await withSettings(sandbox, 2, { node: '3', node_name: 'node3' })));
    expect(mistaken.exitCode).toBe(1);
    expect(mistaken.stderr).toMatch(
      /^ERROR: the server of repmgr\.conf is not the one that is registered as node "node3" \(ID: 3\)\n/,
    );
    await expectStandby();
  });

  it('where the metadata belong to another cluster, or are not there', async () => {
    await sandbox.query(1, `UPDATE repmgr_sandbox.repmgr_cluster SET system_identifier = '42'`);
    await expect
      .poll(() => promote(), { timeout: 10_000 })
      .toMatchObject({
        exitCode: 1,
        stderr: expect.stringMatching(/^ERROR: .* belong to another cluster\n/),
      });
    await sandbox.query(
      1,
      'UPDATE repmgr_sandbox.repmgr_cluster SET system_identifier = (SELECT system_identifier::text FROM pg_control_system())',
    );
    const other = await promote('--cluster=other');
    expect(other).toMatchObject({ exitCode: 1 });
    expect(other.stderr).toMatch(/^ERROR: schema "repmgr_other" does not exist\n/);
    await expectStandby();
  });

  it('while replay is paused, with how to resume it; and with all primaries that run', async () => {
    await sandbox.query(2, 'SELECT pg_wal_replay_pause()');
    await sandbox.freeze(1);
    const paused = await promote();
    await sandbox.thaw(1);
    expect(paused.exitCode).toBe(1);
    expect(paused.stderr).toMatch(/^ERROR: the replay of WAL is paused on the local server\n/);
    expect(paused.stderr).toMatch(/HINT: Resume it, then try again: SELECT pg_wal_replay_resume\(\)/);
    await sandbox.query(2, 'SELECT pg_wal_replay_resume()');
    await expectStandby();

    await sandbox.query(3, 'SELECT pg_promote()');
    const several = await promote('--force');
    expect(several.exitCode).toBe(1);
    expect(several.stderr).toMatch(
      /^ERROR: other nodes are primaries\nDETAIL: These nodes accept writes: "node1" \(ID: 1\), "node3" \(ID: 3\)\.\n/,
    );
    await expectStandby();
    await sandbox.kill(3);
  });

  it('while the registered primary runs and lets nobody in, unless --force says so', async () => {
    await prependHba(sandbox, 1, ['host all repmgr 127.0.0.1/32 reject']);
    const refused = 'ERROR: the registered primary, node "node1" (ID: 1), runs, but does not let us in\n';
    await expect
      .poll(() => promote('--dry-run'), { timeout: 10_000 })
      .toMatchObject({ exitCode: 1, stderr: expect.stringContaining(refused) });
    const told = await promote('--force', '--dry-run');
    expect(told).toMatchObject({ exitCode: 0 });
    expect(told.stderr).toMatch(/^WARNING: the registered primary, node "node1" \(ID: 1\), runs, /);
    expect(told.stdout).toContain('promote the local server');
    await expectStandby();
  });

  it('without a server: exit code 6', async () => {
    await sandbox.stop(2);
    const down = await promote();
    expect(down).toMatchObject({ exitCode: 6, stdout: '' });
    expect(down.stderr).toMatch(/^ERROR: the local server cannot be reached\n/);
  });
});
