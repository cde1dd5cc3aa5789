/** What a clone writes for its standby, and how it connects, as its options say. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parseConninfo } from '../../src/model/conninfo.ts';
import { parseSettingLine } from '../../src/postgres/settings.ts';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { startRepmgr } from '../support/running-repmgr.ts';
import { sandboxForTest } from '../support/sandbox.ts';
import { stallingProxy } from '../support/stalling-proxy.ts';

const hasPgBasebackup = existsSync('/usr/lib/postgresql/15/bin/pg_basebackup');
const methods = hasPgBasebackup ? ['protocol', 'pg_basebackup'] : ['protocol'];
let sandbox: Sandbox;
let directory: string;

const shell = (script: string, ...args: string[]) => sandbox.run('sh', ['-c', script, 'sh', ...args]);
const source = () => ['-h', '127.0.0.1', '-p', String(sandbox.node(1).port)];

beforeAll(async () => {
  sandbox = await sandboxForTest({
    nodes: 2,
    build: 'primary',
    ...(hasPgBasebackup ? { postgresVersion: 15 } : {}),
    repmgrConf: { use_replication_slots: '0', restore_command: "cp '/archive/%f' %p" },
  });
  directory = sandbox.node(2).dataDirectory;
  expect((await sandbox.repmgr(1, ['primary', 'register'])).exitCode).toBe(0);
  await sandbox.query(1, "CREATE ROLE walreader LOGIN REPLICATION PASSWORD 'right one'");
  const hba = join(sandbox.node(1).dataDirectory, 'pg_hba.conf');
  await shell(
    '(echo "host replication walreader 127.0.0.1/32 scram-sha-256"; cat "$1") > "$1.new" && mv "$1.new" "$1"',
    hba,
  );
  await sandbox.query(1, 'SELECT pg_reload_conf()');
});
beforeEach(async () => {
  await shell('rm -rf "$1"', directory);
});

async function settings(): Promise<Record<string, string>> {
  const text = await readFile(join(directory, 'postgresql.auto.conf'), 'utf8');
  const lines = text.split('\n').map(parseSettingLine);
  return Object.fromEntries(lines.flatMap((line) => (line === undefined ? [] : [[line.name, line.value]])));
}

async function primaryConninfo(): Promise<Readonly<Record<string, string>>> {
  const parsed = parseConninfo((await settings())['primary_conninfo'] ?? '');
  if (parsed.kind === 'invalid') throw new Error(parsed.reason);
  return parsed.conninfo;
}

async function succeed(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> {
  const { exitCode, stderr } = await sandbox.repmgr(2, [...args, '-c', 'standby', 'clone'], { env });
  expect(exitCode, stderr).toBe(0);
  return stderr;
}

describe.each(methods)('a clone by %s', (method) => {
  const by = `--backup-method=${method}`;

  it('copies and streams as the replication user, with the password of a password file', async () => {
    const passfile = join(sandbox.directory, 'pass file');
    await shell('umask 077; echo "127.0.0.1:*:replication:walreader:right one" > "$1"', passfile);
    await succeed([
      ...[...source(), by, '--replication-user=walreader'],
      `--replication-conninfo=passfile='${passfile}' sslmode=disable`,
    ]);
    expect(await primaryConninfo()).toMatchObject({ user: 'walreader', passfile, sslmode: 'disable' });
    expect(await primaryConninfo()).not.toHaveProperty('password');
    await sandbox.start(2);
    await expect
      .poll(
        () =>
          sandbox.query(
            1,
            "SELECT usename, application_name FROM pg_stat_replication WHERE state = 'streaming'",
          ),
        { timeout: 20_000 },
      )
      .toEqual([{ usename: 'walreader', application_name: 'node2' }]);
    await sandbox.stop(2);
  });

  it('never shows a password in the list of processes or in what it writes', async () => {
    const proxy = await stallingProxy(sandbox.node(1).port, 4 * 1024 * 1024);
    const conninfo = `host=127.0.0.1 port=${proxy.port} user=repmgr dbname=repmgr`;
    const clone = startRepmgr(sandbox, 2, [
      ...['-d', `${conninfo} password=to-nobody`, by, '-c', '--log-level=DEBUG', 'standby', 'clone'],
    ]);
    await Promise.race([proxy.stalled, clone.ended.then(({ stderr }) => Promise.reject(new Error(stderr)))]);
    const { stdout } = await sandbox.run('ps', ['-e', '-o', 'args=']);
    const ofPrograms = stdout.split('\n').filter((line) => !line.includes('repmgr.js'));
    expect(ofPrograms.filter((line) => line.includes('to-nobody'))).toEqual([]);
    proxy.resume();
    const { exitCode, stderr } = await clone.ended;
    expect(exitCode, stderr).toBe(0);
    expect(stderr).not.toContain('to-nobody');
  });
});

describe('the recovery settings', () => {
  const by = '--backup-method=protocol';

  it('hold the delay and the commands that were asked for', async () => {
    await succeed([...source(), by, '--recovery-min-apply-delay=5min']);
    expect(await settings()).toEqual({
      recovery_target_timeline: 'latest',
      primary_conninfo: expect.stringContaining('application_name=node2'),
      recovery_min_apply_delay: '5min',
      restore_command: "cp '/archive/%f' %p",
    });
  });

  it('hold a password of the command line, unless it is not wanted, and one of PGPASSWORD only by demand', async () => {
    const conninfo = `host=127.0.0.1 port=${sandbox.node(1).port} user=repmgr dbname=repmgr`;
    const without = ['--cluster=none', '--force', by];
    await succeed(['-d', `${conninfo} password='it''s'`.replace("''", "\\'"), ...without]);
    expect(await primaryConninfo()).toMatchObject({ password: "it's" });
    await succeed(['-d', `${conninfo} password=x`, '--no-conninfo-password', ...without]);
    expect(await primaryConninfo()).not.toHaveProperty('password');
    await succeed(['-d', conninfo, ...without], { PGPASSWORD: 'from the environment' });
    expect(await primaryConninfo()).not.toHaveProperty('password');
    const demand = 'cp "$1" "$1.before" && echo use_primary_conninfo_password=1 >> "$1"';
    await shell(demand, sandbox.node(2).configFile);
    await succeed(['-d', conninfo, ...without], { PGPASSWORD: 'from the environment' });
    await shell('mv "$1.before" "$1"', sandbox.node(2).configFile);
    expect(await primaryConninfo()).toMatchObject({ password: 'from the environment' });
  });

  it('hold --upstream-conninfo word for word', async () => {
    await succeed([...source(), by, '--upstream-conninfo=host=elsewhere  user=somebody']);
    expect((await settings())['primary_conninfo']).toBe('host=elsewhere  user=somebody');
  });

  it('are refused a delay that is none', async () => {
    const { exitCode, stderr } = await sandbox.repmgr(2, [
      ...[...source(), by, '--recovery-min-apply-delay=soon', 'standby', 'clone'],
    ]);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^ERROR: option "--recovery-min-apply-delay" needs an integer .*"soon"/m);
    expect(existsSync(directory)).toBe(false);
  });
});

describe('without repmgr.conf', () => {
  it('a server is copied that streams as "repmgr", through no slot, and nobody is told', async () => {
    const program = ['-D', directory, '--backup-method=protocol', '-c', '-U', 'repmgr', '-d', 'repmgr'];
    const copy = join(sandbox.directory, 'program', 'repmgr.js');
    const built = existsSync(copy) ? copy : 'dist/repmgr.js';
    const { exitCode, stderr } = await sandbox.run(process.execPath, [
      ...[built, ...source(), ...program],
      ...['standby', 'clone'],
    ]);
    expect(exitCode, stderr).toBe(0);
    expect(await primaryConninfo()).toMatchObject({ application_name: 'repmgr', user: 'repmgr' });
    expect(await settings()).not.toHaveProperty('primary_slot_name');
    expect(stderr).not.toContain('register');
    const events = await sandbox.query(
      1,
      "SELECT node_id FROM repmgr_sandbox.repl_events WHERE event = 'standby_clone' AND details LIKE '%without%'",
    );
    expect(events).toEqual([]);
  });
});
