/** What speaks against a clone: each reason is told with what was found and what to do, and nothing is changed. */
import { existsSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { CommandResult, Sandbox } from '../../src/sandbox/index.ts';
import { treeOf } from '../support/directory-tree.ts';
import { sandboxForTest } from '../support/sandbox.ts';

const isRoot = process.getuid?.() === 0;
const programsOf15 = '/usr/lib/postgresql/15/bin';
let sandbox: Sandbox;
let directory: string;
let filesBefore: readonly string[] | undefined;
let slotsBefore: unknown;

beforeAll(async () => {
  sandbox = await sandboxForTest({ nodes: 3, build: 'primary' });
  await sandbox.query(1, "CREATE ROLE walreader LOGIN REPLICATION PASSWORD 'right'");
  await sandbox.query(1, 'CREATE ROLE nobody_special LOGIN');
  expect((await sandbox.repmgr(1, ['primary', 'register'])).exitCode).toBe(0);
  directory = sandbox.node(2).dataDirectory;
});
beforeEach(async () => {
  await sandbox.run('sh', ['-c', 'rm -rf "$1" && mkdir -m 700 "$1"', 'sh', directory]);
});

/** Whatever a test has prepared must be there afterwards as it was. */
async function noteState(): Promise<void> {
  filesBefore = await treeOf(directory);
  slotsBefore = await slots();
}

const slots = () => sandbox.query(1, 'SELECT slot_name, active FROM pg_replication_slots ORDER BY 1');
const source = () => ['-h', '127.0.0.1', '-p', String(sandbox.node(1).port)];

async function clone(...args: string[]): Promise<CommandResult> {
  await noteState();
  return await sandbox.repmgr(2, [...source(), '--backup-method=protocol', 'standby', 'clone', ...args]);
}

async function expectRefusal(
  { exitCode, stdout, stderr }: CommandResult,
  expected: { exitCode?: number; error: RegExp; detail: RegExp; hint: RegExp },
): Promise<void> {
  expect({ exitCode, stdout }, stderr).toEqual({ exitCode: expected.exitCode ?? 1, stdout: '' });
  const line = (level: string) => stderr.match(new RegExp(`^${level}: .*$`, 'm'))?.[0];
  expect(line('ERROR'), stderr).toMatch(expected.error);
  expect(line('DETAIL'), stderr).toMatch(expected.detail);
  expect(line('HINT'), stderr).toMatch(expected.hint);
  expect(stderr).not.toMatch(/^\s+at /m);
  expect(await treeOf(directory)).toEqual(filesBefore);
  expect(await slots()).toEqual(slotsBefore);
}

const shell = (script: string, ...args: string[]) => sandbox.run('sh', ['-c', script, 'sh', ...args]);

/** Adds lines to the repmgr.conf of node 2 for one test. */
async function configure(...lines: string[]): Promise<void> {
  const { configFile } = sandbox.node(2);
  await shell('cp "$1" "$1.before"', configFile);
  onTestFinished(async () => {
    await shell('mv "$1.before" "$1"', configFile);
  });
  for (const line of lines) await shell('echo "$2" >> "$1"', configFile, line);
}

describe('for its target', () => {
  it('that holds something else, even with --force', async () => {
    await shell('echo important > "$1/thesis.doc"', directory);
    await expectRefusal(await clone('--force'), {
      error: /is not empty/,
      detail: /"thesis.doc"/,
      hint: /mv ".*" ".*\.old"/,
    });
  });

  it('that is a file', async () => {
    await shell('rmdir "$1" && touch "$1"', directory);
    await expectRefusal(await clone(), { error: /is not a directory/, detail: /file/, hint: /move/ });
  });

  it('whose path leads through a file', async () => {
    await shell('rmdir "$1" && touch "$1"', directory);
    await expectRefusal(await clone('-D', join(directory, 'data')), {
      error: /is not a directory/,
      detail: /part of its path/,
      hint: /another directory/,
    });
  });

  it('that cannot be looked at', async () => {
    await shell('mkdir "$1/closed" && chmod 0 "$1/closed"', directory);
    onTestFinished(async () => {
      await shell('chmod 700 "$1/closed"', directory);
    });
    await expectRefusal(await clone('-D', join(directory, 'closed', 'data')), {
      error: /cannot be read/,
      detail: /EACCES/,
      hint: /ls -ld/,
    });
  });

  it('that cannot be written', async () => {
    await shell('chmod 500 "$1"', directory);
    await expectRefusal(await clone(), {
      error: /cannot be written/,
      detail: /permissions/,
      hint: /chmod 700/,
    });
  });

  it.runIf(isRoot)('that belongs to somebody else, or whose parent does', async () => {
    await expectRefusal(await clone('-D', '/proc'), {
      error: /\/proc" belongs to another user/,
      detail: /user id 0/,
      hint: /chown/,
    });
    await expectRefusal(await clone('-D', '/usr/clone'), {
      error: /"\/usr\/clone" cannot be written/,
      detail: /parent/,
      hint: /install -d/,
    });
  });

  it('in which a server runs, even with --force', async () => {
    const { dataDirectory } = sandbox.node(1);
    await expectRefusal(await clone('-D', dataDirectory, '--force'), {
      error: /a PostgreSQL server is running/,
      detail: /process id is \d+/,
      hint: /pg_ctl .* stop/,
    });
  });

  describe('where a node is already', () => {
    beforeEach(async () => {
      const { exitCode, stderr } = await sandbox.repmgr(2, [
        ...[...source(), '--backup-method=protocol', '-c'],
        ...['standby', 'clone'],
      ]);
      expect(exitCode, stderr).toBe(0);
    });
    afterEach(async () => {
      await sandbox.query(1, "SELECT pg_drop_replication_slot('repmgr_slot_2')");
    });

    it('without --force', async () => {
      await expectRefusal(await clone(), {
        error: /is not empty/,
        detail: /copy of this cluster/,
        hint: /--force/,
      });
    });

    it('of another cluster, even with --force', async () => {
      // The first eight bytes of pg_control are the system identifier.
      await shell('printf 12345678 | dd of="$1" conv=notrunc 2>&1', join(directory, 'global/pg_control'));
      await expectRefusal(await clone('--force'), {
        error: /holds another PostgreSQL cluster/,
        detail: /system identifier is 4050765991979987505/,
        hint: /mv /,
      });
    });

    it('and its slot is in use', async () => {
      await sandbox.start(2);
      onTestFinished(() => sandbox.stop(2));
      await expect
        .poll(slots, { timeout: 20_000 })
        .toContainEqual({ slot_name: 'repmgr_slot_2', active: true });
      const elsewhere = join(sandbox.directory, 'elsewhere');
      const args = [...source(), '--backup-method=protocol', 'standby', 'clone', '-D', elsewhere];
      const { exitCode, stderr } = await sandbox.repmgr(2, args);
      await sandbox.stop(2);
      expect(exitCode, stderr).toBe(7);
      expect(stderr).toContain('ERROR: replication slot "repmgr_slot_2" is in use');
      expect(stderr).toMatch(/^DETAIL: .*streaming from it/m);
      expect(stderr).toMatch(/^HINT: .*id of its own/m);
      expect(existsSync(elsewhere)).toBe(false);
      const events = await sandbox.query(
        1,
        "SELECT details FROM repmgr_sandbox.repl_events WHERE NOT successful AND event = 'standby_clone'",
      );
      expect(events).toEqual([{ details: expect.stringContaining('is in use') }]);
    });
  });
});

describe('for the way to the source', () => {
  const cloneFrom = async (...args: string[]) => {
    await noteState();
    return await sandbox.repmgr(2, [...args, '--backup-method=protocol', 'standby', 'clone']);
  };

  it('where nobody listens', async () => {
    await expectRefusal(await cloneFrom('-d', 'host=127.0.0.1 port=1 user=repmgr dbname=repmgr'), {
      exitCode: 6,
      error: /could not connect/,
      detail: /connection refused/,
      hint: /pg_isready/,
    });
  });

  it('where somebody accepts and never answers, after the time that the conninfo gives', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    onTestFinished(() => void silent.close());
    const { port } = silent.address() as AddressInfo;
    const startedAt = performance.now();
    await expectRefusal(
      await cloneFrom('-d', `host=127.0.0.1 port=${port} user=repmgr dbname=repmgr connect_timeout=2`),
      { exitCode: 6, error: /could not connect/, detail: /no answer within 2 s/, hint: /pg_isready/ },
    );
    expect(performance.now() - startedAt).toBeLessThan(15_000);
  });

  describe('that wants a password', () => {
    beforeAll(async () => {
      await shell('cp "$1" "$1.before"', hba());
      await shell(
        'printf "%s\\n" "host all walreader 127.0.0.1/32 scram-sha-256" "host replication walreader 127.0.0.1/32 scram-sha-256" | cat - "$1.before" > "$1"',
        hba(),
      );
      await sandbox.query(1, 'SELECT pg_reload_conf()');
      return async () => {
        await shell('mv "$1.before" "$1"', hba());
        await sandbox.query(1, 'SELECT pg_reload_conf()');
      };
    });
    const hba = () => join(sandbox.node(1).dataDirectory, 'pg_hba.conf');

    it('and gets none, or a wrong one', async () => {
      const port = sandbox.node(1).port;
      const user = `host=127.0.0.1 port=${port} user=walreader dbname=repmgr`;
      const expected = { exitCode: 9, error: /password/, detail: /./, hint: /pgpass/ };
      await expectRefusal(await cloneFrom('-d', user), expected);
      const wrong = await cloneFrom('-d', `${user} password=wrong-secret`);
      await expectRefusal(wrong, expected);
      expect(wrong.stderr).not.toContain('wrong-secret');
    });
  });

  it('that lets a role in, but not for replication', async () => {
    const user = `host=127.0.0.1 port=${sandbox.node(1).port} user=nobody_special dbname=repmgr`;
    await sandbox.query(1, 'GRANT USAGE ON SCHEMA repmgr_sandbox TO nobody_special');
    await sandbox.query(1, 'GRANT SELECT ON ALL TABLES IN SCHEMA repmgr_sandbox TO nobody_special');
    const result = await cloneFrom('-d', user);
    await expectRefusal(result, {
      exitCode: 6,
      error: /replication connection/,
      detail: /./,
      hint: /REPLICATION/,
    });
  });
});

describe('for the cluster', () => {
  it('without metadata, or with metadata of something else', async () => {
    await expectRefusal(await clone('--cluster=other'), {
      error: /no metadata of cluster "other"/,
      detail: /repmgr_other/,
      hint: /primary register/,
    });
    await sandbox.query(1, 'CREATE SCHEMA repmgr_foreign');
    await sandbox.query(1, 'CREATE TABLE repmgr_foreign.repl_nodes (id integer)');
    await expectRefusal(await clone('--cluster=foreign'), {
      error: /schema "repmgr_foreign"/,
      detail: /./,
      hint: /./,
    });
  });

  it('whose metadata have another writable server as primary', async () => {
    const single = await sandboxForTest({ nodes: 1, build: 'primary' });
    await sandbox.query(
      1,
      `INSERT INTO repmgr_sandbox.repl_nodes (id, type, cluster, name, conninfo, priority, active)
       VALUES (7, 'standby', 'sandbox', 'node7', $1, 100, true)`,
      [single.node(1).conninfo],
    );
    try {
      await expectRefusal(await clone(), {
        error: /more than one node accepts writes/,
        detail: /node7/,
        hint: /cluster show/,
      });
    } finally {
      await sandbox.query(1, 'DELETE FROM repmgr_sandbox.repl_nodes WHERE id = 7');
    }
  });

  it('where the node has the id of its upstream', async () => {
    await configure('node=1');
    await expectRefusal(await clone(), {
      error: /cannot be the upstream of this node/,
      detail: /same id/,
      hint: /"node"/,
    });
  });

  it('whose upstream belongs to another one', async () => {
    const other = await sandboxForTest({ nodes: 2, build: 'cluster' });
    await sandbox.query(
      1,
      `INSERT INTO repmgr_sandbox.repl_nodes (id, type, cluster, name, conninfo, priority, active)
       VALUES (7, 'standby', 'sandbox', 'node7', $1, 100, true)`,
      [other.node(2).conninfo],
    );
    try {
      await expectRefusal(await clone('--upstream-node-id=7'), {
        error: /"node7" \(ID: 7\) belongs to another cluster/,
        detail: /system identifier/,
        hint: /cluster show/,
      });
    } finally {
      await sandbox.query(1, 'DELETE FROM repmgr_sandbox.repl_nodes WHERE id = 7');
    }
  });
});

describe('for repmgr.conf', () => {
  it('that maps what is no tablespace', async () => {
    await configure("tablespace_mapping='/srv/fast=/srv/new'");
    await expectRefusal(await clone(), {
      error: /"\/srv\/fast" of tablespace_mapping/,
      detail: /no tablespaces/,
      hint: /repmgr.conf/,
    });
  });

  it('that names a directory without pg_basebackup', async () => {
    await configure("pg_bindir='/nowhere'");
    await noteState();
    const result = await sandbox.repmgr(2, [
      ...source(),
      '--backup-method=pg_basebackup',
      'standby',
      'clone',
    ]);
    await expectRefusal(result, {
      error: /pg_basebackup was not found/,
      detail: /"\/nowhere"/,
      hint: /--backup-method=protocol/,
    });
  });

  it.runIf(existsSync(programsOf15))('that names the programs of another version', async () => {
    const newer = await sandboxForTest({
      nodes: 1,
      postgresVersion: 16,
      build: 'primary',
      repmgrConf: { use_replication_slots: '0' },
    });
    expect((await newer.repmgr(1, ['primary', 'register'])).exitCode).toBe(0);
    await configure(`pg_bindir='${programsOf15}'`);
    await noteState();
    const from = ['-h', '127.0.0.1', '-p', String(newer.node(1).port)];
    await expectRefusal(await sandbox.repmgr(2, [...from, 'standby', 'clone']), {
      error: /another major version than the source/,
      detail: /is of version 15, the source of 16/,
      hint: /pg_bindir/,
    });
  });

  it.runIf(existsSync(programsOf15))('that gives pg_basebackup what only repmgr may say', async () => {
    await configure("pg_basebackup_options='-Ft'", `pg_bindir='${programsOf15}'`);
    await noteState();
    const result = await sandbox.repmgr(2, [
      ...source(),
      '--backup-method=pg_basebackup',
      'standby',
      'clone',
    ]);
    await expectRefusal(result, { error: /tar format/, detail: /files/, hint: /pg_basebackup_options/ });
  });
});

describe('for the settings of the source', () => {
  /** Restarts the source with other settings, and with its own ones after the test. */
  async function sourceWith(settings: Readonly<Record<string, string>>): Promise<void> {
    const names = Object.keys(settings);
    for (const name of names) await sandbox.query(1, `ALTER SYSTEM SET ${name} = '${settings[name]}'`);
    await sandbox.stop(1);
    await sandbox.start(1);
    onTestFinished(async () => {
      for (const name of names) await sandbox.query(1, `ALTER SYSTEM RESET ${name}`);
      await sandbox.stop(1);
      await sandbox.start(1);
    });
  }

  it('wal_level = minimal', async () => {
    await sourceWith({ wal_level: 'minimal', max_wal_senders: '0' });
    await expectRefusal(await clone(), {
      error: /wal_level = minimal/,
      detail: /127.0.0.1/,
      hint: /wal_level = replica/,
    });
  });

  it('no WAL sender', async () => {
    await sourceWith({ max_wal_senders: '0' });
    await expectRefusal(await clone(), {
      error: /max_wal_senders = 0/,
      detail: /127.0.0.1/,
      hint: /max_wal_senders = 10/,
    });
  });

  it.runIf(existsSync(programsOf15))('too few free WAL senders for pg_basebackup', async () => {
    await sourceWith({ max_wal_senders: '1' });
    await configure(`pg_bindir='${programsOf15}'`);
    await noteState();
    const result = await sandbox.repmgr(2, [
      ...source(),
      '--backup-method=pg_basebackup',
      'standby',
      'clone',
    ]);
    await expectRefusal(result, {
      error: /too few free WAL senders/,
      detail: /needs 2, and 1 could be had; max_wal_senders is 1/,
      hint: /by at least 1/,
    });
  });

  it('no replication slot', async () => {
    await sourceWith({ max_replication_slots: '0' });
    await expectRefusal(await clone(), {
      error: /no free replication slot/,
      detail: /is 0/,
      hint: /max_replication_slots = 10/,
    });
  });

  it('fewer WAL segments than -w asks for, where there are no slots', async () => {
    await configure('use_replication_slots=0');
    await expectRefusal(await clone('-w', '5000'), {
      error: /fewer than 5000 segments of WAL/,
      detail: /wal_keep_size/,
      hint: /use_replication_slots=1/,
    });
  });
});
