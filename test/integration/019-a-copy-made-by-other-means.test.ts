/** `standby clone --replication-conf-only`, for data directories that came from elsewhere. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { sandboxForTest } from '../support/sandbox.ts';

describe.each([
  [10, 'recovery.conf'],
  [18, 'postgresql.auto.conf'],
])('with PostgreSQL %s', (postgresVersion, settingsFile) => {
  let sandbox: Sandbox;
  let directory: string;

  beforeAll(async () => {
    sandbox = await sandboxForTest({
      nodes: 2,
      build: 'primary',
      postgresVersion,
      repmgrConf: { use_replication_slots: '1' },
    });
    directory = sandbox.node(2).dataDirectory;
    expect((await sandbox.repmgr(1, ['primary', 'register'])).exitCode).toBe(0);
    await sandbox.stop(1);
    await shell('cp -a "$1" "$1.cold"', sandbox.node(1).dataDirectory);
    await sandbox.start(1);
  });
  beforeEach(async () => {
    await shell('rm -rf "$2" && cp -a "$1.cold" "$2"', sandbox.node(1).dataDirectory, directory);
  });
  afterEach(async () => {
    await sandbox.stop(2);
  });

  const shell = async (script: string, ...args: string[]) => {
    const result = await sandbox.run('sh', ['-c', script, 'sh', ...args]);
    expect(result, result.stderr).toMatchObject({ exitCode: 0 });
    return result;
  };
  const attach = async (...args: string[]) =>
    await sandbox.repmgr(2, [
      ...['-h', '127.0.0.1', '-p', String(sandbox.node(1).port), '-D', directory],
      ...args,
      ...['standby', 'clone', '--replication-conf-only'],
    ]);
  const settings = async () => await readFile(join(directory, settingsFile), 'utf8').catch(() => '');
  const slots = async () => await sandbox.query(1, 'SELECT slot_name FROM pg_replication_slots');

  it('the copy streams once it is started, and what fetches its WAL stays as it was', async () => {
    await shell(
      `echo "restore_command = 'cp /nowhere/%f %p'" >> "$1/$2" && echo "recovery_target_name = 'there'" >> "$1/$2"`,
      directory,
      settingsFile,
    );
    const { stdout } = await attach('--dry-run');
    expect(stdout).toBe(
      `create replication slot "repmgr_slot_2" on the source 127.0.0.1:${sandbox.node(1).port}\nwrite the recovery settings in "${directory}"\n`,
    );
    expect(await slots()).toEqual([]);

    const { exitCode, stderr } = await attach('--recovery-min-apply-delay=1s', '-c');
    expect(exitCode, stderr).toBe(0);
    expect(stderr).toContain('WARNING: option "--fast-checkpoint" has no effect together with');
    expect(stderr).toContain('was a primary when it ran last');
    expect(stderr).toMatch(/NOTICE: the new standby can be started now\nHINT: .*pg_ctl.* start/);
    expect(stderr).toMatch(/HINT: repmgr -f ".*" standby register\n/);
    const written = await settings();
    expect(written).toMatch(/^primary_conninfo = '.*application_name=node2/m);
    expect(written).toMatch(/^recovery_min_apply_delay = '1s'$/m);
    expect(written).toMatch(/^restore_command = 'cp \/nowhere\/%f %p'$/m);
    expect(written).not.toContain('recovery_target_name');

    await sandbox.start(2);
    const registered = await sandbox.repmgr(2, ['standby', 'register', '--wait-sync=30']);
    expect(registered, registered.stderr).toMatchObject({ exitCode: 0 });
    expect(await sandbox.query(1, 'SELECT active::text, slot_name FROM pg_replication_slots')).toEqual([
      { active: 'true', slot_name: 'repmgr_slot_2' },
    ]);
  });

  it('a server that runs keeps its slot and is told to be restarted, with --force', async () => {
    await attach();
    await sandbox.start(2);
    const isStreaming = async () =>
      await sandbox.query(1, 'SELECT 1 AS one FROM pg_replication_slots WHERE active');
    await expect.poll(isStreaming, { timeout: 10_000 }).toHaveLength(1);
    const before = await settings();
    const { exitCode, stderr } = await attach('--force');
    expect(exitCode, stderr).toBe(0);
    expect(stderr).toMatch(/NOTICE: the server has to be restarted now\nHINT: .*restart/);
    expect(await settings()).toBe(before);
  });

  it('what is no copy of the source is refused, and nothing is written or made', async () => {
    const refusals: [string, RegExp][] = [
      ['rm -rf "$1"', /ERROR: ".*" is not a data directory of PostgreSQL\nDETAIL: It does not exist/],
      [
        'rm "$1/PG_VERSION"',
        /ERROR: ".*" is not a data directory of PostgreSQL\nDETAIL: It has no PG_VERSION/,
      ],
      ['echo 9.6 > "$1/PG_VERSION"', /ERROR: the data directory is of another major version/],
      ['rm "$1/global/pg_control"', /ERROR: the data directory ".*" belongs to another cluster/],
      ['mkdir "$1/repmgr_clone_replaced"', /ERROR: a clone was interrupted in the data directory/],
    ];
    for (const [script, message] of refusals) {
      await shell('rm -rf "$2" && cp -a "$1.cold" "$2"', sandbox.node(1).dataDirectory, directory);
      await sandbox.query(1, 'SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots');
      await shell(script, directory);
      const before = await readdir(directory).catch(() => []);
      const { exitCode, stderr } = await attach('--force');
      expect(stderr).toMatch(message);
      expect(exitCode).toBe(1);
      expect(await readdir(directory).catch(() => [])).toEqual(before);
      expect(await slots()).toEqual([]);
    }
  });
});
