/** `standby clone --force` of a node that was there before: it keeps what is its own. */
import { readFile, readlink, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { sandboxForTest } from '../support/sandbox.ts';

let sandbox: Sandbox;
let directory: string;
let walDirectory: string;

const shell = (script: string, ...args: string[]) => sandbox.run('sh', ['-c', script, 'sh', ...args]);
const clone = (...args: string[]) =>
  sandbox.repmgr(2, [
    ...['-h', '127.0.0.1', '-p', String(sandbox.node(1).port), '--backup-method=protocol', '-c'],
    ...['standby', 'clone', ...args],
  ]);

beforeAll(async () => {
  sandbox = await sandboxForTest({ nodes: 2, build: 'cluster' });
  directory = sandbox.node(2).dataDirectory;
  walDirectory = join(sandbox.directory, 'wal of node2');
  await sandbox.query(2, "ALTER SYSTEM SET work_mem = '7MB'");
  await sandbox.stop(2);
  await shell(
    `cd "$1" && mkdir conf.d && echo "maintenance_work_mem = '77MB'" > conf.d/own.conf &&
     echo "include_dir 'conf.d'" >> postgresql.conf && echo '# of node2' >> pg_hba.conf &&
     mv pg_wal "$2" && ln -s "$2" pg_wal`,
    directory,
    walDirectory,
  );
  await sandbox.query(1, 'CREATE TABLE later AS SELECT generate_series(1, 100) AS id');
});

describe('a node that is cloned again', () => {
  it('is replaced only with --force', async () => {
    const { exitCode, stderr } = await clone();
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`ERROR: the data directory "${directory}" is not empty`);
    expect(stderr).toContain('HINT: Add --force to replace it');
  });

  it('keeps its own settings, included files, access rules and its disk for WAL', async () => {
    const { exitCode, stderr } = await clone('--force', '--verbose');
    expect(exitCode, stderr).toBe(0);
    expect(stderr).toContain('INFO: move aside what is in');
    expect(stderr).toContain(
      'INFO: kept of this node: postgresql.conf, postgresql.auto.conf, pg_hba.conf, pg_ident.conf, conf.d/own.conf',
    );
    expect(await readFile(join(directory, 'pg_hba.conf'), 'utf8')).toContain('# of node2');
    expect(await readlink(join(directory, 'pg_wal'))).toBe(walDirectory);
    await sandbox.start(2);
    const names = ['port', 'work_mem', 'maintenance_work_mem', 'primary_slot_name'];
    const settings = await sandbox.query<{ name: string; value: string }>(
      2,
      'SELECT name, current_setting(name) AS value FROM pg_settings WHERE name = ANY ($1)',
      [names],
    );
    expect(Object.fromEntries(settings.map(({ name, value }) => [name, value]))).toEqual({
      port: String(sandbox.node(2).port),
      work_mem: '7MB',
      maintenance_work_mem: '77MB',
      primary_slot_name: 'repmgr_slot_2',
    });
    expect(await sandbox.query(2, 'SELECT count(*)::int AS rows FROM later')).toEqual([{ rows: 100 }]);
  });

  it('leaves nothing of the old copy, and reads like the first one in the metadata', async () => {
    const left = await sandbox.run('find', [sandbox.directory, '-name', 'repmgr_clone_*']);
    expect(left.stdout).toBe('');
    expect((await stat(directory)).mode & 0o777).toBe(0o700);
    const events = await sandbox.query<{ details: string }>(
      1,
      "SELECT details FROM repmgr_sandbox.repl_events WHERE event = 'standby_clone' ORDER BY event_timestamp",
    );
    expect(events.map(({ details }) => details.split('; ').at(-1))).toEqual(['--force: N', '--force: Y']);
  });

  it('can be the old primary, which comes back as a standby on its own port', async () => {
    await sandbox.query(2, 'SELECT 1');
    await sandbox.stop(1);
    expect((await sandbox.repmgr(2, ['standby', 'promote'])).exitCode).toBe(0);
    const { exitCode, stderr } = await sandbox.repmgr(1, [
      ...['-h', '127.0.0.1', '-p', String(sandbox.node(2).port), '--backup-method=protocol', '-c', '--force'],
      ...['standby', 'clone'],
    ]);
    expect(exitCode, stderr).toBe(0);
    const file = await readFile(join(sandbox.node(1).dataDirectory, 'postgresql.conf'), 'utf8');
    expect(file).toContain(`port = '${sandbox.node(1).port}'`);
    expect(file).not.toMatch(/^include_dir/m);
    await sandbox.start(1);
    expect((await sandbox.repmgr(1, ['standby', 'register', '--force', '--wait-sync=30'])).exitCode).toBe(0);
    expect(await sandbox.query(1, 'SELECT pg_is_in_recovery() AS standby')).toEqual([{ standby: true }]);
  });
});
