/** `standby clone` on Debian's PostgreSQL 15, which has pg_basebackup: the two methods make the same standby. */
import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { sandboxForTest } from '../support/sandbox.ts';

const hasPgBasebackup = existsSync('/usr/lib/postgresql/15/bin/pg_basebackup');
const tablespace = 'fast disk';
let sandbox: Sandbox;

beforeAll(async () => {
  if (!hasPgBasebackup) return;
  sandbox = await sandboxForTest({ nodes: 3, postgresVersion: 15, build: 'primary' });
  expect((await sandbox.repmgr(1, ['primary', 'register'])).exitCode).toBe(0);
  const location = join(sandbox.directory, tablespace);
  await sandbox.run('mkdir', [location]);
  await sandbox.query(1, `CREATE TABLESPACE fast LOCATION '${location}'`);
  await sandbox.query(1, 'CREATE TABLE here AS SELECT generate_series(1, 1000) AS id');
  await sandbox.query(1, 'CREATE TABLE there TABLESPACE fast AS SELECT generate_series(1, 1000) AS id');
});

const slotOf = (id: number) =>
  sandbox.query(1, 'SELECT slot_name, active FROM pg_replication_slots WHERE slot_name = $1', [
    `repmgr_slot_${id}`,
  ]);
const clone = (id: number, ...args: string[]) =>
  sandbox.repmgr(id, [
    '-h',
    '127.0.0.1',
    '-p',
    String(sandbox.node(1).port),
    ...args,
    'standby',
    'clone',
    '-c',
  ]);

describe.runIf(hasPgBasebackup).each([
  { method: 'pg_basebackup', id: 2 },
  { method: 'protocol', id: 3 },
])('by $method', ({ method, id }) => {
  const own = () => join(sandbox.directory, `fast of node${id}`);

  it('refuses to put the tablespace where the source has it, and changes nothing', async () => {
    const { exitCode, stderr } = await clone(id, `--backup-method=${method}`);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`"${join(sandbox.directory, tablespace)}" is not empty`);
    expect(existsSync(join(sandbox.node(id).dataDirectory, 'PG_VERSION'))).toBe(false);
    expect(await slotOf(id)).toEqual([]);
  });

  it('tells its steps without doing anything, as lines and as JSON', async () => {
    await mapTablespace(id, own());
    const expected = [
      `create replication slot "repmgr_slot_${id}" on the source 127.0.0.1:${sandbox.node(1).port}`,
      `prepare the directory "${sandbox.node(id).dataDirectory}"`,
      expect.stringMatching(
        `^copy the data directory and 1 tablespace of 127.0.0.1:${sandbox.node(1).port} \\(\\d+ MB\\) with the method ${method}$`,
      ),
      'write the recovery settings',
      `put the copy in place in "${sandbox.node(id).dataDirectory}"`,
      'remove the temporary directory of the copy',
    ];
    const lines = await clone(id, `--backup-method=${method}`, '--dry-run');
    expect(lines.stdout.trimEnd().split('\n')).toEqual(expected);
    const json = await clone(id, `--backup-method=${method}`, '--dry-run', '--json');
    expect(JSON.parse(json.stdout)).toEqual({ steps: expected });
    expect(existsSync(own())).toBe(false);
    expect(await slotOf(id)).toEqual([]);
  });

  it('copies the server with its tablespace, and says what to do next', async () => {
    const { exitCode, stdout, stderr } = await clone(id, `--backup-method=${method}`, '--verbose');
    expect({ exitCode, stdout }, stderr).toEqual({ exitCode: 0, stdout: '' });
    expect(stderr).toMatch(/^copying: \d+ MB of \d+ MB \(100%\), .*\/s$/m);
    expect(stderr).toContain('NOTICE: standby clone is complete');
    expect(stderr).toContain(
      `HINT: For example: ${sandbox.binDirectory}/pg_ctl -D "${sandbox.node(id).dataDirectory}" start`,
    );
    expect(stderr).toContain(`HINT: repmgr -f "${sandbox.node(id).configFile}" standby register`);
    if (method === 'protocol') expect(stderr).toMatch(/INFO: \d+ files agree with the manifest/);
  });

  it('leaves a directory that only its owner may enter, and recovery settings that nobody else may read', async () => {
    const { dataDirectory } = sandbox.node(id);
    const file = join(dataDirectory, 'postgresql.auto.conf');
    expect((await stat(dataDirectory)).mode & 0o777).toBe(0o700);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const text = await readFile(file, 'utf8');
    expect(text).toContain(`primary_slot_name = 'repmgr_slot_${id}'`);
    expect(text).toContain("recovery_target_timeline = 'latest'");
    expect(text).toMatch(
      new RegExp(`primary_conninfo = '.*port=${sandbox.node(1).port} .*application_name=node${id}`),
    );
  });

  it('makes a standby that streams through its slot, with the tablespace in its own place', async () => {
    await sandbox.start(id);
    expect((await sandbox.repmgr(id, ['standby', 'register', '--wait-sync=30'])).exitCode).toBe(0);
    expect(
      await sandbox.query(
        id,
        'SELECT (SELECT count(*) FROM here)::int + (SELECT count(*) FROM there)::int AS rows',
      ),
    ).toEqual([{ rows: 2000 }]);
    expect(
      await sandbox.query(
        id,
        "SELECT pg_tablespace_location(oid) AS at FROM pg_tablespace WHERE spcname = 'fast'",
      ),
    ).toEqual([{ at: own() }]);
    expect(
      await sandbox.query(
        1,
        'SELECT application_name, state FROM pg_stat_replication WHERE application_name = $1',
        [`node${id}`],
      ),
    ).toEqual([{ application_name: `node${id}`, state: 'streaming' }]);
    expect(await slotOf(id)).toEqual([{ slot_name: `repmgr_slot_${id}`, active: true }]);
  });

  it('is an event in the metadata', async () => {
    expect(
      await sandbox.query(
        1,
        "SELECT successful, details FROM repmgr_sandbox.repl_events WHERE event = 'standby_clone' AND node_id = $1",
        [id],
      ),
    ).toEqual([
      {
        successful: true,
        details: `Cloned from host "127.0.0.1", port ${sandbox.node(1).port}; backup method: ${method}; --force: N`,
      },
    ]);
  });
});

async function mapTablespace(id: number, to: string): Promise<void> {
  const from = join(sandbox.directory, tablespace);
  const script = 'echo "tablespace_mapping=\'$1=$2\'" >> "$3"';
  await sandbox.run('sh', ['-c', script, 'sh', from, to, sandbox.node(id).configFile]);
}
