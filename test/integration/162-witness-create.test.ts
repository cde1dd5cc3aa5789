/** A witness is made on a server of its own: all of it, or nothing. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { isPortFree } from '../../src/system/free-ports.ts';
import { interruptRepmgr } from '../support/interrupted.ts';
import { sandboxForTest } from '../support/sandbox.ts';
import { putFile, withSettings } from '../support/sandbox-files.ts';

const primaryOnly = { nodes: 2, build: 'primary' } as const;

/** repmgr 3's line, with the file of node 2 for the witness. */
async function create(sandbox: Sandbox, ...args: string[]) {
  const { port } = sandbox.node(1);
  const { dataDirectory } = sandbox.node(2);
  const reach = ['-d', 'repmgr', '-U', 'repmgr', '-h', '127.0.0.1', '-p', String(port)];
  return await sandbox.repmgr(2, [...reach, '-D', dataDirectory, 'witness', 'create', ...args]);
}

const nodesOf = async (sandbox: Sandbox, node: number) =>
  await sandbox.query(node, 'SELECT * FROM repmgr_sandbox.repl_nodes ORDER BY id');
const eventsOf = async (sandbox: Sandbox) =>
  await sandbox.query<{ details: string | null }>(
    1,
    "SELECT node_id, event, successful, details FROM repmgr_sandbox.repl_events WHERE event LIKE 'witness%' ORDER BY event_timestamp",
  );

describe('witness create', () => {
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await sandboxForTest(primaryOnly);
    await sandbox.repmgr(1, ['primary', 'register']);
    // In the file with other users' rules, names that need quotes and networks of all kinds.
    const file = join(sandbox.node(1).dataDirectory, 'pg_hba.conf');
    await putFile(
      sandbox,
      'node1/pg_hba.conf',
      `${await readFile(file, 'utf8')}host "odd, name" "it's me",+group 10.0.0.0 255.0.0.0 reject\nhostssl all all ::1/128 md5\n`,
    );
    await sandbox.query(1, 'SELECT pg_reload_conf()');
  });

  it('says with --dry-run what it will do, and changes nothing', async () => {
    const { port, apiPort, dataDirectory } = sandbox.node(2);
    const primary = `127.0.0.1:${sandbox.node(1).port}`;
    const dryRun = await create(sandbox, '--dry-run');
    expect(dryRun).toMatchObject({ exitCode: 0, stderr: '' });
    const major = sandbox.postgresVersion.split('.')[0];
    expect(dryRun.stdout.trim().split('\n')).toEqual([
      `make a PostgreSQL ${major} in "${dataDirectory}", with superuser "postgres"`,
      `set port ${port} and listen_addresses '*'; pg_hba.conf: as on the primary, ${primary}`,
      'make role "repmgr" and database "repmgr"',
      `start the server: pg_ctl start -D ${dataDirectory} -w`,
      'create schema "repmgr_sandbox" on the witness',
      'on the witness: create the tables and views of repmgr 3 where they are missing',
      'on the witness: create the tables repmgr_cluster and repmgr_node',
      'on the witness: replace the view repl_status if it needs a C library that is not there',
      'on the witness: add the columns next_secret, former_secret and secret_version to repmgr_cluster',
      'copy the rows of 1 nodes from the primary to the witness',
      `register node "node2" (ID: 2) as a witness, its repmgrd at 127.0.0.1:${apiPort}`,
    ]);
    expect(await readdir(dataDirectory)).toEqual([]);
    expect(await eventsOf(sandbox)).toEqual([]);
  });

  it('makes, starts and registers it; the role is no superuser, rules and secret are the primary’s', async () => {
    const { conninfo, dataDirectory } = sandbox.node(2);
    const result = await create(sandbox);
    expect(result).toMatchObject({
      exitCode: 0,
      stdout: '',
      stderr: `NOTICE: witness node created in "${dataDirectory}" for cluster "sandbox": ID 2, conninfo "${conninfo}"\n`,
    });
    const rows = await nodesOf(sandbox, 1);
    expect(rows[1]).toMatchObject({
      id: 2,
      type: 'witness',
      upstream_node_id: null,
      name: 'node2',
      conninfo,
      slot_name: null,
      active: true,
    });
    expect(await nodesOf(sandbox, 2)).toEqual(rows);
    for (const table of ['repmgr_node', 'repmgr_cluster', 'repmgr_migrations']) {
      const columns = table === 'repmgr_migrations' ? 'number, name' : '*';
      const all = `SELECT ${columns} FROM repmgr_sandbox.${table} ORDER BY 1`;
      expect(await sandbox.query(2, all), table).toEqual(await sandbox.query(1, all));
    }
    expect(
      await sandbox.query(2, 'SELECT rolname, rolsuper FROM pg_roles WHERE rolcanlogin ORDER BY 1'),
    ).toEqual([
      { rolname: 'postgres', rolsuper: true },
      { rolname: 'repmgr', rolsuper: false },
    ]);
    const rules = await readFile(join(dataDirectory, 'pg_hba.conf'), 'utf8');
    expect(rules).toContain('\nhost "odd, name" "it\'s me",+group 10.0.0.0 255.0.0.0 reject\n');
    expect(rules).toMatch(/\nhostssl all all ::1 ffff:.*:ffff md5\n$/);
    expect((await stat(join(dataDirectory, 'pg_hba.conf'))).mode & 0o777).toBe(0o600);
    expect(await eventsOf(sandbox)).toEqual([
      { node_id: 2, event: 'witness_create', successful: true, details: null },
    ]);
    const show = await sandbox.repmgr(2, ['cluster', 'show', '--compact']);
    expect(show).toMatchObject({
      exitCode: 0,
      stderr: '',
      stdout:
        'Role      | Name  | Upstream\n----------+-------|---------\n* master  | node1 |\n  witness | node2 |\n',
    });
  });

  it('refuses while its server runs, and while its port is used', async () => {
    const { dataDirectory, port } = sandbox.node(2);
    const taken = await create(sandbox);
    expect(taken.exitCode).toBe(1);
    expect(taken.stderr).toMatch(/^ERROR: node 2 is already registered\nDETAIL: It is witness "node2"/);
    const inUse = await create(sandbox, '--force');
    expect(inUse.exitCode).toBe(1);
    expect(inUse.stderr).toMatch(
      new RegExp(`^ERROR: the data directory "${dataDirectory}" is in use\nDETAIL: A PostgreSQL server with`),
    );
    const elsewhere = await create(sandbox, '--force', '-D', join(sandbox.directory, 'elsewhere'));
    expect(elsewhere.exitCode).toBe(1);
    expect(elsewhere.stderr).toMatch(new RegExp(`^ERROR: port ${port} is in use\n`));
    expect(await eventsOf(sandbox)).toHaveLength(4);
    expect((await eventsOf(sandbox))[3]?.details).toMatch(/^port \d+ is in use: Another program/);
  });

  it('makes it anew with --force, and keeps aside what was there', async () => {
    const { dataDirectory } = sandbox.node(2);
    await sandbox.stop(2);
    const refused = await sandbox.repmgr(1, ['witness', 'unregister', '--node-id=2']);
    expect(refused.exitCode).toBe(0);
    const existing = await create(sandbox);
    expect(existing.stderr).toMatch(
      /^ERROR: the data directory ".*" holds a PostgreSQL already\nDETAIL: Its version is \d+\.\nHINT: Add --force to move it aside, to ".*\.replaced"/,
    );
    const identifierOf = async () =>
      (await sandbox.query(2, 'SELECT system_identifier::text AS id FROM pg_control_system()'))[0];
    await sandbox.start(2);
    const before = await identifierOf();
    await sandbox.stop(2);
    const result = await create(sandbox, '--force', '-S', 'owner');
    expect(result).toMatchObject({ exitCode: 0 });
    expect(result.stderr).toContain(`DETAIL: What was there before is in "${dataDirectory}.replaced".\n`);
    expect(await identifierOf()).not.toEqual(before);
    expect(await readdir(`${dataDirectory}.replaced`)).toContain('PG_VERSION');
    expect(await sandbox.query(2, 'SELECT rolname FROM pg_roles WHERE rolsuper')).toEqual([
      { rolname: 'owner' },
    ]);
  });
});

describe('a witness that cannot be made', () => {
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await sandboxForTest(primaryOnly);
  });

  it('is refused before the primary is registered, without a host, without a directory, without programs', async () => {
    const unregistered = await create(sandbox);
    expect(unregistered.exitCode).toBe(1);
    expect(unregistered.stderr).toMatch(/^ERROR: schema "repmgr_sandbox" does not exist\n/);
    await sandbox.repmgr(1, ['primary', 'register']);
    const noHost = await sandbox.repmgr(2, ['witness', 'create', '-D', sandbox.node(2).dataDirectory]);
    expect(noHost.exitCode).toBe(1);
    expect(noHost.stderr).toMatch(/^ERROR: the host of the primary is not given\n/);
    const noDirectory = await withSettings(sandbox, 2, { data_directory: undefined });
    const nowhere = await sandbox.repmgr(2, [...noDirectory, 'witness', 'create', '-h', '127.0.0.1']);
    expect(nowhere.stderr).toMatch(/^ERROR: witness create needs a data directory: -D DIRECTORY\n/);
    const noPrograms = await create(sandbox, '--pg_bindir=/nowhere');
    expect(noPrograms.stderr).toMatch(/^ERROR: initdb is not installed here, or not found\n/);
    expect((await create(sandbox, '--pwprompt')).stderr).toMatch(
      /^ERROR: option "--pwprompt" needs a terminal to ask at\n/,
    );
    const used = await create(sandbox, '--force', '-D', sandbox.node(1).dataDirectory);
    expect(used.stderr).toMatch(/^ERROR: the data directory ".*node1" is in use\n/);
    await putFile(sandbox, 'node2/precious', 'text');
    const foreign = await create(sandbox, '--force');
    expect(foreign.stderr).toMatch(/^ERROR: .*node2" is not empty\nDETAIL: It holds "precious"\. Not even/);
    await sandbox.run('rm', [join(sandbox.node(2).dataDirectory, 'precious')]);
  });

  it('leaves nothing behind, whichever step fails', async () => {
    const { dataDirectory } = sandbox.node(2);
    const before = await nodesOf(sandbox, 1);
    const failures: readonly (readonly [Record<string, string>, RegExp])[] = [
      [{ service_start_command: 'echo no unit >&2; exit 3' }, /command to start the server failed/],
      [
        { conninfo: `host=127.0.0.1 port=${sandbox.node(2).port} user=repmgr dbname=repmgr sslmode=require` },
        /the new server runs, but cannot be reached/,
      ],
      [{ node_name: 'node1' }, /node name "node1" is taken/],
    ];
    for (const [settings, message] of failures) {
      const file = await withSettings(sandbox, 2, settings);
      const result = await create(sandbox, ...file);
      expect(result.exitCode, result.stderr).toBeGreaterThan(0);
      expect(result.stderr).toMatch(message);
      expect(result.stderr).not.toMatch(/^\s+at /m);
      expect(await readdir(dataDirectory), result.stderr).toEqual([]);
    }
    expect(await nodesOf(sandbox, 1)).toEqual(before);
    const events = await eventsOf(sandbox);
    expect(events.filter(({ details }) => /The step was: start the server/.test(details ?? ''))).toHaveLength(
      1,
    );
  });

  it.each([/INFO: make a PostgreSQL/, /INFO: make role/, /INFO: start the server/])(
    'leaves nothing behind after Ctrl-C at %s, and can be made then',
    async (moment) => {
      const { dataDirectory, port } = sandbox.node(2);
      const reach = ['-h', '127.0.0.1', '-p', String(sandbox.node(1).port), '-v'];
      const args = [...reach, '-D', dataDirectory, 'witness', 'create'];
      const { exitCode, stderr } = await interruptRepmgr(sandbox, 2, args, moment);
      expect({ exitCode, stderr }).toMatchObject({ exitCode: 130 });
      expect(stderr).toMatch(
        /ERROR: making the witness was interrupted\nDETAIL: It was about to .*Everything is as it was before\.\nHINT: The same command can be run again\.\n$/,
      );
      expect(await readdir(dataDirectory)).toEqual([]);
      expect(await isPortFree(port)).toBe(true);
      expect(await nodesOf(sandbox, 1)).toHaveLength(1);
      expect((await eventsOf(sandbox)).at(-1)?.details).toMatch(/^making the witness was interrupted/);
    },
  );

  it('is made at last, and serves the commands that are run on it', async () => {
    expect(await create(sandbox)).toMatchObject({ exitCode: 0 });
    expect(await sandbox.repmgr(2, ['cluster', 'cleanup', '-k', '1'])).toMatchObject({ exitCode: 0 });
    expect(await sandbox.repmgr(2, ['cluster', 'event'])).toMatchObject({
      exitCode: 0,
      stderr: 'NOTICE: no event of that kind is recorded\n',
    });
    const own = await sandbox.repmgr(2, ['standby', 'promote']);
    expect(own.exitCode).toBe(1);
    expect(own.stderr).not.toMatch(/internal/);
  });
});
