/** `register --force` is all that a change of address or name takes, and the commands that it lists for the others. */
import { beforeAll, expect, it } from 'vitest';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { sandboxForTest } from '../support/sandbox.ts';
import { withSettings } from '../support/sandbox-files.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await sandboxForTest({ nodes: 3 });
});

const elsewhere = (id: number) => sandbox.node(id).conninfo.replace('127.0.0.1', 'localhost');

const primaryConninfo = async (id: number) => {
  const [row] = await sandbox.query<{ conninfo: string }>(
    id,
    "SELECT current_setting('primary_conninfo') AS conninfo",
  );
  return row?.conninfo;
};

const warnings = (stderr: string) => stderr.match(/^WARNING: .*$/gm) ?? [];

it('a primary at another address is followed again by those that used the former one', async () => {
  const moved = await withSettings(sandbox, 1, { conninfo: elsewhere(1) });
  const registered = await sandbox.repmgr(1, [...moved, 'primary', 'register', '--force']);
  expect(registered.exitCode, registered.stderr).toBe(0);
  const former = `"node1" (ID: 1), 127.0.0.1:${sandbox.node(1).port}`;
  expect(warnings(registered.stderr)).toEqual([
    `WARNING: node "node2" (ID: 2) still uses the former address of node ${former}`,
    `WARNING: node "node3" (ID: 3) still uses the former address of node ${former}`,
  ]);
  expect(registered.stderr).toContain('HINT: Run on node2: repmgr standby follow\n');

  for (const id of [2, 3]) {
    const followed = await sandbox.repmgr(id, ['standby', 'follow']);
    expect(followed.exitCode, followed.stderr).toBe(0);
    expect(await primaryConninfo(id)).toMatch(/host='?localhost/);
  }
  const shown = await sandbox.repmgr(2, ['cluster', 'show']);
  expect(shown.stderr).toBe('');
});

it('a standby that is down follows by the command that names the new address', async () => {
  await sandbox.stop(3);
  const registered = await sandbox.repmgr(1, ['primary', 'register', '--force']);
  expect(registered.exitCode, registered.stderr).toBe(0);
  expect(warnings(registered.stderr)[1]).toMatch(/"node3" \(ID: 3\) does not answer, and may still use/);
  const command = `-h 127.0.0.1 -p ${sandbox.node(1).port} -D DATA_DIRECTORY standby follow`;
  expect(registered.stderr).toContain(`HINT: Run on node3: repmgr ${command}\n`);

  const words = command.replace('DATA_DIRECTORY', sandbox.node(3).dataDirectory).split(' ');
  const followed = await sandbox.repmgr(3, words);
  expect(followed.exitCode, followed.stderr).toBe(0);
  expect(await primaryConninfo(3)).toMatch(/host='?127\.0\.0\.1/);
});

it('a standby with another name is known by it again, also where commits wait for it', async () => {
  await sandbox.query(1, "ALTER SYSTEM SET synchronous_standby_names = 'node2'");
  await sandbox.query(1, 'SELECT pg_reload_conf()');
  const renamed = await withSettings(sandbox, 2, { node_name: 'second' });
  const registered = await sandbox.repmgr(2, [...renamed, 'standby', 'register', '--force']);
  expect(registered.exitCode, registered.stderr).toBe(0);
  expect(warnings(registered.stderr)).toEqual([
    'WARNING: synchronous_standby_names of "node1" (ID: 1) has the former name "node2"',
    'WARNING: node "second" (ID: 2) streams under its former name "node2"',
  ]);
  const statements = registered.stderr.match(/^HINT: Run there: (ALTER .*)$/m)?.[1]?.split('; ') ?? [];
  for (const statement of statements) await sandbox.query(1, statement);
  const followed = await sandbox.repmgr(2, [...renamed, 'standby', 'follow']);
  expect(followed.exitCode, followed.stderr).toBe(0);
  expect(
    await sandbox.query(
      1,
      "SELECT sync_state FROM pg_stat_replication WHERE application_name = 'second' AND state = 'streaming'",
    ),
  ).toEqual([{ sync_state: 'sync' }]);
});
