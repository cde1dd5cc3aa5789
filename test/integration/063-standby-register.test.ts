/** A standby enters the cluster: running or stopped, below the primary or below another standby. */
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { connect } from '../../src/postgres/connection.ts';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { makeRepmgr3Schema } from '../support/repmgr3-schema.ts';
import { sandboxForTest } from '../support/sandbox.ts';
import { withSettings } from '../support/sandbox-files.ts';

describe('standby register', () => {
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await sandboxForTest({ nodes: 3 });
  });
  const register = (node: number, ...args: string[]) =>
    sandbox.repmgr(node, ['standby', 'register', ...args]);
  const node = async (id: number) => {
    const [row] = await sandbox.query(1, 'SELECT * FROM repmgr_sandbox.repl_nodes WHERE id = $1', [id]);
    return row;
  };
  const eventsSince = async (timestamp: string) =>
    sandbox.query(
      1,
      `SELECT node_id, event, successful, details FROM repmgr_sandbox.repl_events
        WHERE event_timestamp > $1::timestamptz ORDER BY event_timestamp`,
      [timestamp],
    );
  const now = async () => {
    const [row] = await sandbox.query<{ now: string }>(1, 'SELECT clock_timestamp()::text AS now');
    return row?.now ?? '';
  };
  const forget = (id: number) => sandbox.query(1, `DELETE FROM repmgr_sandbox.repl_nodes WHERE id = ${id}`);
  const toThePrimary = () => {
    const { host, port } = sandbox.node(1);
    return ['-h', host, '-p', String(port), '-U', 'repmgr', '-d', 'repmgr'];
  };

  it('writes the row on the primary, and with --wait-sync waits until the standby shows it', async () => {
    await forget(3);
    const startedAt = await now();
    const dryRun = await register(3, '--dry-run', '--wait-sync');
    expect(dryRun).toMatchObject({ exitCode: 0, stderr: '' });
    expect(dryRun.stdout).toBe(
      `register node "node3" (ID: 3) as a standby of node "node1" (ID: 1), its repmgrd at 127.0.0.1:${sandbox.node(3).apiPort}\n`,
    );
    expect(await node(3)).toBeUndefined();

    const registered = await register(3, '--wait-sync');
    expect(registered).toMatchObject({
      exitCode: 0,
      stdout: '',
      stderr:
        `NOTICE: standby node registered for cluster "sandbox": ID 3, conninfo "${sandbox.node(3).conninfo}"\n` +
        'NOTICE: the row is visible on the standby\n',
    });
    expect(await node(3)).toEqual({
      ...{ id: 3, type: 'standby', upstream_node_id: 1, cluster: 'sandbox', name: 'node3' },
      ...{ conninfo: sandbox.node(3).conninfo, slot_name: 'repmgr_slot_3', priority: 100, active: true },
    });
    expect(await sandbox.query(3, 'SELECT active FROM repmgr_sandbox.repl_nodes WHERE id = 3')).toEqual([
      { active: true },
    ]);
    expect(await eventsSince(startedAt)).toEqual([
      { node_id: 3, event: 'standby_register', successful: true, details: null },
      { node_id: 3, event: 'standby_register_sync', successful: true, details: null },
    ]);

    const again = await register(3);
    expect(again.exitCode).toBe(1);
    expect(again.stderr).toMatch(
      /^ERROR: node 3 is already registered\nDETAIL: It is standby "node3".*\nHINT: Add --force/,
    );
    await sandbox.query(1, 'UPDATE repmgr_sandbox.repl_nodes SET active = false, priority = 1 WHERE id = 3');
    const file = await withSettings(sandbox, 3, { priority: '55', api_advertise: 'three:3' });
    expect(await sandbox.repmgr(3, [...file, 'standby', 'register', '-F'])).toMatchObject({ exitCode: 0 });
    expect(await node(3)).toMatchObject({ active: true, priority: 55, upstream_node_id: 1 });
    expect(
      await sandbox.query(1, 'SELECT api_address FROM repmgr_sandbox.repmgr_node WHERE node_id = 3'),
    ).toEqual([{ api_address: 'three:3' }]);
  });

  it('gives up --wait-sync after its seconds with exit code 20; the row stays on the primary', async () => {
    await sandbox.query(3, 'SELECT pg_wal_replay_pause()');
    const startedAtMs = performance.now();
    const paused = await register(3, '--force', '--wait-sync=1');
    expect(performance.now() - startedAtMs).toBeLessThan(4_000);
    expect(paused.exitCode).toBe(20);
    expect(paused.stderr).toMatch(
      /ERROR: the row of node 3 is not visible on the standby\nDETAIL: It did not arrive within 1 s\.\nHINT: The node is registered on the primary\. /,
    );
    expect(await node(3)).toMatchObject({ active: true, priority: 100 });
    await sandbox.query(3, 'SELECT pg_wal_replay_resume()');
  });

  it('refuses a primary, taken names, and a cluster that has no metadata', async () => {
    const onPrimary = await register(1);
    expect(onPrimary.exitCode).toBe(1);
    expect(onPrimary.stderr).toMatch(
      /^ERROR: the local server is not a standby\nDETAIL: 127\.0\.0\.1:\d+ accepts writes\.\nHINT: Run "repmgr primary register"/,
    );
    const asPrimary = await sandbox.repmgr(2, ['primary', 'register', '--force']);
    expect(asPrimary.exitCode).toBe(1);
    expect(asPrimary.stderr).toMatch(
      /^ERROR: the local server is a standby and cannot be registered as a primary\nDETAIL: .* is in recovery\.\nHINT: Run "repmgr standby register"/,
    );
    const sameName = await withSettings(sandbox, 3, { node_name: 'node2' });
    expect(await sandbox.repmgr(3, [...sameName, 'standby', 'register', '--force'])).toMatchObject({
      exitCode: 1,
      stderr:
        'ERROR: node name "node2" is taken\n' +
        `DETAIL: It is the name of node 2, conninfo "${sandbox.node(2).conninfo}".\n` +
        'HINT: Set another "node_name" in repmgr.conf; names tell standbys apart on their upstream.\n',
    });
    const idOfPrimary = await withSettings(sandbox, 3, { node: '1' });
    const taken = await sandbox.repmgr(3, [...idOfPrimary, 'standby', 'register', '--force']);
    expect(taken.exitCode).toBe(1);
    expect(taken.stderr).toMatch(
      /^ERROR: node id 1 is that of the primary\nDETAIL: .*\nHINT: Set another "node"/,
    );
    const otherCluster = await withSettings(sandbox, 3, { cluster: 'elsewhere' });
    const missing = await sandbox.repmgr(3, [...otherCluster, 'standby', 'register']);
    expect(missing.exitCode).toBe(1);
    expect(missing.stderr).toMatch(
      /^ERROR: schema "repmgr_elsewhere" does not exist\nDETAIL: .*\nHINT: Run "repmgr primary register"/,
    );
  });

  it('takes a registered, active upstream; --force writes a placeholder for one that is not there', async () => {
    await forget(3);
    expect(await register(3, '--upstream-node-id=2')).toMatchObject({ exitCode: 0 });
    expect(await node(3)).toMatchObject({ upstream_node_id: 2 });
    const circle = await register(2, '--force', '--upstream-node-id=3');
    expect(circle.exitCode).toBe(1);
    expect(circle.stderr).toMatch(/^ERROR: node "node2" \(ID: 2\) would be its own upstream\n/);

    await forget(3);
    const file = await withSettings(sandbox, 3, { upstream_node: '9' });
    const refused = await sandbox.repmgr(3, [...file, 'standby', 'register']);
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toMatch(
      /^ERROR: the upstream node, ID 9, is not registered\nDETAIL: .*\nHINT: Register the upstream first, or add --force/,
    );
    expect(await node(3)).toBeUndefined();
    const forced = ['standby', 'register', '--force', '--upstream-conninfo=host=nine dbname=repmgr'];
    expect(await sandbox.repmgr(3, [...file, ...forced])).toMatchObject({ exitCode: 0 });
    expect(await node(9)).toEqual({
      ...{ id: 9, type: 'standby', upstream_node_id: null, cluster: 'sandbox', name: '' },
      ...{ conninfo: 'host=nine dbname=repmgr', slot_name: null, priority: 100, active: false },
    });
    expect(await node(3)).toMatchObject({ upstream_node_id: 9, active: true });

    await forget(3);
    const inactive = await sandbox.repmgr(3, [...file, 'standby', 'register']);
    expect(inactive.exitCode).toBe(1);
    expect(inactive.stderr).toMatch(/^ERROR: upstream node "" \(ID: 9\) is not active\n/);
    const noticed = await sandbox.repmgr(3, [...file, 'standby', 'register', '--force']);
    expect(noticed.exitCode).toBe(0);
    expect(noticed.stderr).toMatch(/^NOTICE: upstream node "" \(ID: 9\) is not active\n/);

    await forget(3);
    await sandbox.query(
      1,
      "UPDATE repmgr_sandbox.repl_nodes SET type = 'witness', active = true WHERE id = 9",
    );
    const witness = await sandbox.repmgr(3, [...file, 'standby', 'register', '--force']);
    expect(witness.exitCode).toBe(1);
    expect(witness.stderr).toMatch(/is a witness and cannot be an upstream/);
    await forget(9);
  });

  it('tells in one event and with exit code 1 when PostgreSQL refuses the row', async () => {
    const startedAt = await now();
    await sandbox.query(1, 'ALTER TABLE repmgr_sandbox.repl_nodes ADD CONSTRAINT tidy CHECK (id <> 3)');
    const refused = await register(3);
    await sandbox.query(1, 'ALTER TABLE repmgr_sandbox.repl_nodes DROP CONSTRAINT tidy');
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toMatch(
      /^ERROR: the row of the standby could not be written; nothing was changed\nDETAIL: .*violates check constraint "tidy"/,
    );
    expect(await eventsSince(startedAt)).toEqual([
      {
        ...{ node_id: 3, event: 'standby_register', successful: false },
        details: expect.stringMatching(/violates check constraint "tidy"/),
      },
    ]);
    expect(await node(3)).toBeUndefined();
  });

  it('registers two standbys at the same moment; of two with one name only the first', async () => {
    await sandbox.query(1, 'DELETE FROM repmgr_sandbox.repl_nodes WHERE id IN (2, 3)');
    const both = await Promise.all([register(2), register(3)]);
    expect(both.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
    await sandbox.query(1, 'DELETE FROM repmgr_sandbox.repl_nodes WHERE id IN (2, 3)');
    const files = [
      await withSettings(sandbox, 2, { node_name: 'twin' }),
      await withSettings(sandbox, 3, { node_name: 'twin' }),
    ];
    // Both have looked, and wait for somebody else's lock, before either writes.
    const holder = await connect(sandbox.node(1).conninfo);
    await holder.query('BEGIN');
    await holder.query('LOCK TABLE repmgr_sandbox.repl_nodes IN SHARE ROW EXCLUSIVE MODE');
    const registrations = files.map((file, index) =>
      sandbox.repmgr(index + 2, [...file, 'standby', 'register']),
    );
    await vi.waitFor(
      async () =>
        expect(await sandbox.query(1, 'SELECT pid FROM pg_locks WHERE NOT granted')).toHaveLength(2),
      20_000,
    );
    await holder.close();
    const twins = await Promise.all(registrations);
    expect(twins.map(({ exitCode }) => exitCode).toSorted((left, right) => left - right)).toEqual([0, 1]);
    expect(twins.map(({ stderr }) => stderr).join('')).toContain('ERROR: node name "twin" is taken');
    await sandbox.query(1, 'DELETE FROM repmgr_sandbox.repl_nodes WHERE id IN (2, 3)');
    expect((await register(2)).exitCode).toBe(0);
  });

  it('registers a stopped standby with --force and the connection options of the primary', async () => {
    await sandbox.stop(3);
    const { host, port } = sandbox.node(3);
    const plain = await register(3);
    expect(plain).toMatchObject({
      exitCode: 6,
      stderr: [
        'ERROR: the local server cannot be reached',
        `DETAIL: could not connect to PostgreSQL at "${host}:${port}": ${host}:${port}: connection refused.`,
        'HINT: Start the standby, or add --force and the connection options of the primary (-h, -p, -U, -d).',
        '',
      ].join('\n'),
    });
    const without = await register(3, '--force');
    expect(without.exitCode).toBe(1);
    expect(without.stderr).toMatch(/^ERROR: the local server cannot be reached, and no connection options/);
    const toStandby = await register(3, '-F', '-h', host, '-p', String(sandbox.node(2).port));
    expect(toStandby.exitCode).toBe(1);
    expect(toStandby.stderr).toMatch(/^ERROR: the server of the connection options is not the primary\n/);
    const toNobody = await register(3, '-F', '-h', host, '-p', String(port), '-d', 'repmgr', '-U', 'repmgr');
    expect(toNobody.exitCode).toBe(1);
    expect(toNobody.stderr).toMatch(
      /^ERROR: the primary of the connection options cannot be reached\nDETAIL: .*connection refused.*\nHINT: Check -h, -p, -U and -d/,
    );
    expect(await node(3)).toBeUndefined();

    const inTime = await register(3, '-F', '--wait-sync=1', ...toThePrimary());
    expect(inTime.exitCode).toBe(20);
    expect(inTime.stderr).toMatch(
      /DETAIL: It did not arrive within 1 s\. The last look at the standby failed: /,
    );
    expect(await node(3)).toMatchObject({ type: 'standby', upstream_node_id: 1, active: true });

    // The standby comes while the command waits for the row. Role and database are those of conninfo.
    const place = ['-h', sandbox.node(1).host, '-p', String(sandbox.node(1).port)];
    const waiting = register(3, '-F', '--wait-sync=30', ...place);
    await sandbox.start(3);
    expect(await waiting).toMatchObject({ exitCode: 0 });
  });

  it('waits with --wait-start for a standby that is not up yet, and no longer than asked', async () => {
    await sandbox.stop(3);
    await forget(3);
    const startedAtMs = performance.now();
    const late = await register(3, '--wait-start=1');
    expect(late.exitCode).toBe(6);
    expect(performance.now() - startedAtMs).toBeLessThan(4_000);
    const waiting = register(3, '--wait-start=30');
    await sandbox.start(3);
    expect(await waiting).toMatchObject({ exitCode: 0 });
    expect(await node(3)).toMatchObject({ active: true });
  });

  it('does not wait for a frozen standby beyond the seconds of --wait-sync', async () => {
    await sandbox.freeze(3);
    const startedAtMs = performance.now();
    const silent = await register(3, '-F', '--wait-sync=1', ...toThePrimary());
    await sandbox.thaw(3);
    expect(silent.exitCode).toBe(20);
    expect(performance.now() - startedAtMs).toBeLessThan(7_000);
  });

  it('refuses where more than one node accepts writes', async () => {
    await sandbox.query(3, 'SELECT pg_promote()');
    const refused = await register(2, '--force');
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toMatch(
      /^ERROR: more than one node accepts writes\nDETAIL: These are primaries at this moment: .*"node3" \(ID: 3\).*\nHINT: Stop all but the right one/,
    );
    const primary = await sandbox.repmgr(1, ['primary', 'register', '--force']);
    expect(primary.exitCode).toBe(1);
    expect(primary.stderr).toMatch(/^ERROR: more than one node accepts writes\n/);
  });
});

it('a standby of another cluster is refused', async () => {
  const [ours, theirs] = await Promise.all([
    sandboxForTest({ nodes: 1, build: 'primary' }),
    sandboxForTest({ nodes: 2 }),
  ]);
  await ours.repmgr(1, ['primary', 'register']);
  await theirs.query(1, 'UPDATE repmgr_sandbox.repl_nodes SET conninfo = $1 WHERE id = 1', [
    ours.node(1).conninfo,
  ]);
  await expect
    .poll(() => theirs.query(2, 'SELECT conninfo FROM repmgr_sandbox.repl_nodes WHERE id = 1'))
    .toEqual([{ conninfo: ours.node(1).conninfo }]);
  const refused = await theirs.repmgr(2, ['standby', 'register', '--force']);
  expect(refused.exitCode).toBe(1);
  expect(refused.stderr).toMatch(
    /^ERROR: the local server is a standby of another cluster\nDETAIL: It has system identifier \d+, the primary on 127\.0\.0\.1:\d+ has \d+\.\nHINT: .*repmgr standby clone/,
  );
  expect(await ours.query(1, 'SELECT id FROM repmgr_sandbox.repl_nodes')).toEqual([{ id: 1 }]);
});

it('a standby is registered in metadata of repmgr 3.0 that nobody has upgraded', async () => {
  const sandbox = await sandboxForTest({ nodes: 2, build: 'primary' });
  await makeRepmgr3Schema(sandbox, '3.0', [1]);
  const { host, port } = sandbox.node(1);
  const source = ['-h', host, '-p', String(port), '-U', 'repmgr', '-d', 'repmgr'];
  const target = ['-D', sandbox.node(2).dataDirectory, '--backup-method=protocol', '-c'];
  expect(await sandbox.repmgr(2, [...source, 'standby', 'clone', ...target])).toMatchObject({ exitCode: 0 });
  await sandbox.start(2);
  expect((await sandbox.repmgr(2, ['standby', 'register', '--dry-run'])).stdout).toBe(
    'register node "node2" (ID: 2) as a standby of node "node1" (ID: 1)\n',
  );
  expect(await sandbox.repmgr(2, ['standby', 'register', '--wait-sync=20'])).toMatchObject({ exitCode: 0 });
  expect((await sandbox.repmgr(2, ['cluster', 'show', '--csv'])).stdout).toBe('1,0\n2,0\n');
  expect(await sandbox.query(1, "SELECT 1 FROM pg_class WHERE relname = 'repmgr_node'")).toEqual([]);
  expect(await sandbox.repmgr(1, ['standby', 'unregister', '--node=2'])).toMatchObject({ exitCode: 0 });
});
