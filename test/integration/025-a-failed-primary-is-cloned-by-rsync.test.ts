/** `--force --rsync-only standby clone` into the data directory of a former primary that went on alone for a while. */
import { readdir, readFile, readlink, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { describeWithRsync, programsForRsync } from '../support/rsync.ts';
import { sandboxForTest } from '../support/sandbox.ts';
import { withSettings } from '../support/sandbox-files.ts';
import { sshServerForFile } from '../support/ssh-server.ts';
import { contentOf, startWriteLoad, waitForReplay } from '../support/write-load.ts';

describeWithRsync.each([10, 15, 18])(
  'a former primary of PostgreSQL %i that has diverged',
  (postgresVersion) => {
    let sandbox: Sandbox;
    let directory: string;
    let settings: readonly string[];
    const place = (name: string) => join(sandbox.directory, name);
    /** Which files hold a table that nobody changes; a copy would be other ones. */
    let unchanged: readonly { readonly path: string; readonly inode: number }[];

    beforeAll(async () => {
      sandbox = await sandboxForTest({
        postgresVersion,
        nodes: 2,
        build: 'primary',
        postgresqlConf: { listen_addresses: '*' },
      });
      directory = sandbox.node(1).dataDirectory;
      const ssh = await sshServerForFile(sandbox, 1, programsForRsync);
      expect((await sandbox.repmgr(1, ['primary', 'register'])).exitCode).toBe(0);
      await sandbox.run('mkdir', [place('ours')]);
      await sandbox.query(1, `CREATE TABLESPACE fast LOCATION '${place('ours')}'`);
      for (const [name, where] of [
        ['ballast', ''],
        ['ballast_there', 'TABLESPACE fast'],
      ] as const) {
        await sandbox.query(
          1,
          `CREATE TABLE ${name} ${where} AS SELECT repeat('x', 1000) AS x FROM generate_series(1, 10000)`,
        );
        await sandbox.query(1, `VACUUM (FREEZE, ANALYZE) ${name}`);
      }
      const mapped = await withSettings(sandbox, 2, {
        tablespace_mapping: `${place('ours')}=${place('theirs')}`,
      });
      const cloned = await sandbox.repmgr(2, [
        ...mapped,
        ...[
          '-h',
          '127.0.0.1',
          '-p',
          String(sandbox.node(1).port),
          '--backup-method=protocol',
          '-c',
          'standby',
          'clone',
        ],
      ]);
      expect(cloned.exitCode, cloned.stderr).toBe(0);
      await sandbox.start(2);
      expect((await sandbox.repmgr(2, ['standby', 'register', '--wait-sync=30'])).exitCode).toBe(0);
      await waitForReplay(sandbox, 1, 2);

      // Cut off, the old primary goes on while the other one is promoted.
      await sandbox.stop(1);
      expect((await sandbox.repmgr(2, ['standby', 'promote'])).exitCode).toBe(0);
      await sandbox.start(1);
      await sandbox.query(1, 'CREATE TABLE only_here AS SELECT generate_series(1, 1000) AS id');
      await sandbox.query(1, "UPDATE ballast SET x = 'changed here' WHERE ctid = '(3,1)'");
      await sandbox.query(1, "ALTER SYSTEM SET work_mem = '7MB'");
      await sandbox.query(1, "SELECT pg_create_physical_replication_slot('of_somebody')");
      await sandbox.query(2, 'CREATE TABLE only_there AS SELECT generate_series(1, 2000) AS id');
      await sandbox.kill(1);
      const moveWal = 'cd "$1" && mv pg_wal "$2" && ln -s "$2" pg_wal';
      await sandbox.run('sh', ['-c', moveWal, 'sh', directory, place('wal of node1')]);
      unchanged = await filesOf('ballast_there');
      settings = await withSettings(sandbox, 1, {
        ssh_options: ssh.options,
        rsync_options: '--archive --checksum --compress --progress --rsh=ssh',
        tablespace_mapping: `${place('theirs')}=${place('ours')}`,
      });
    });

    async function filesOf(table: string) {
      const [row] = await sandbox.query<{ path: string }>(2, 'SELECT pg_relation_filepath($1) AS path', [
        table,
      ]);
      const path = join(directory, row?.path ?? '');
      return [{ path, inode: (await stat(path)).ino }];
    }

    it('says in a dry run what would be done, and touches nothing', async () => {
      const before = await readdir(directory);
      const { exitCode, stdout, stderr } = await clone('--dry-run');
      expect(exitCode, stderr).toBe(0);
      expect(stdout).toMatch(
        /move aside what is in .*\n.*copy the data directory and 1 tablespace .* method rsync\n/,
      );
      expect(stdout).toContain('keep the configuration files of this node');
      expect(await readdir(directory)).toEqual(before);
      expect(await sandbox.query(2, 'SELECT slot_name FROM pg_replication_slots')).toEqual([]);
    });

    const clone = (...args: string[]) =>
      sandbox.repmgr(1, [
        ...settings,
        ...['--force', '--rsync-only', '-h', '127.0.0.1', '-p', String(sandbox.node(2).port), '-d', 'repmgr'],
        ...['-U', 'repmgr', '-c', ...args, 'standby', 'clone'],
      ]);

    it('becomes a standby of the new one by the classic lines, while clients write there', async () => {
      const load = await startWriteLoad(sandbox, 2);
      const { exitCode, stderr } = await clone();
      expect(exitCode, stderr).toBe(0);
      expect(await readFile(join(directory, 'postgresql.conf'), 'utf8')).toContain(
        `port = '${sandbox.node(1).port}'`,
      );
      expect(await readdir(join(directory, 'pg_replslot'))).toEqual([]);
      expect(await readlink(join(directory, 'pg_wal'))).toBe(place('wal of node1'));
      // Of its own timeline nothing is left.
      const segments = (await readdir(join(directory, 'pg_wal'))).filter((name) =>
        /^[0-9A-F]{24}$/.test(name),
      );
      expect(new Set(segments.map((name) => name.slice(0, 8)))).toEqual(new Set(['00000002']));
      await sandbox.start(1);
      const registered = await sandbox.repmgr(1, ['--force', 'standby', 'register', '--wait-sync=30']);
      expect(registered.exitCode, registered.stderr).toBe(0);
      await load.stop();
      await waitForReplay(sandbox, 2, 1);
      const content = await contentOf(sandbox, 1);
      expect(content).toEqual(await contentOf(sandbox, 2));
      expect(content['public.only_there']?.rows).toBe(2000);
      expect(content['public.only_here']).toBeUndefined();
      expect(await sandbox.query(1, 'SHOW work_mem')).toEqual([{ work_mem: '7MB' }]);
      expect(
        await sandbox.query(
          1,
          "SELECT pg_tablespace_location(oid) AS at FROM pg_tablespace WHERE spcname = 'fast'",
        ),
      ).toEqual([{ at: place('ours') }]);
    });

    it('kept its files that were the same, and nothing else of before', async () => {
      for (const { path, inode } of unchanged) {
        expect(await stat(path)).toMatchObject({ ino: inode, nlink: 1 });
      }
      const left = await sandbox.run('find', [sandbox.directory, '-name', 'repmgr_clone_*']);
      expect(left.stdout).toBe('');
    });
  },
);
