/** `standby clone --rsync-only` over a real sshd, while clients write. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { describeWithRsync, programsForRsync } from '../support/rsync.ts';
import { sandboxForTest } from '../support/sandbox.ts';
import { withSettings } from '../support/sandbox-files.ts';
import { sshServerForFile, type SshServer } from '../support/ssh-server.ts';
import { contentOf, continueWriteLoad, startWriteLoad, waitForReplay } from '../support/write-load.ts';

const tablespace = 'table space of node1';

describeWithRsync('a first clone by rsync', () => {
  describe.each([10, 15, 18])('on PostgreSQL %i', (postgresVersion) => {
    let sandbox: Sandbox;
    let ssh: SshServer;
    const place = (name: string) => join(sandbox.directory, name);

    beforeAll(async () => {
      sandbox = await sandboxForTest({
        nodes: 3,
        postgresVersion,
        build: 'primary',
        postgresqlConf: { listen_addresses: '*', log_directory: 'our_logs', logging_collector: 'on' },
      });
      ssh = await sshServerForFile(sandbox, 1, programsForRsync);
      expect((await sandbox.repmgr(1, ['primary', 'register'])).exitCode).toBe(0);
      await sandbox.run('mkdir', [place(tablespace)]);
      await sandbox.query(1, `CREATE TABLESPACE fast LOCATION '${place(tablespace)}'`);
      await sandbox.query(
        1,
        'CREATE TABLE there TABLESPACE fast AS SELECT id, md5(id::text) FROM generate_series(1, 5000) AS id',
      );
    });

    it('copies under load what streams on, and every table compares equal', async () => {
      const own = place('table space of node2');
      const load = await startWriteLoad(sandbox, 1);
      const settings = await withSettings(sandbox, 2, {
        ssh_options: ssh.options,
        tablespace_mapping: `${place(tablespace)}=${own}`,
      });
      const { exitCode, stderr } = await sandbox.repmgr(2, [
        ...settings,
        ...['-h', '127.0.0.1', '-p', String(sandbox.node(1).port), '-v', '-c', 'standby', 'clone', '-r'],
      ]);
      expect(exitCode, stderr).toBe(0);
      const before = load.committed();
      expect(before).toBeGreaterThan(0);
      expect(stderr).toMatch(/^INFO: copy the data directory and 1 tablespace of .* with the method rsync$/m);
      expect(stderr).toMatch(/^copying: .* \(\d+%\)/m);

      const directory = sandbox.node(2).dataDirectory;
      const names = await readdir(directory);
      expect(names).toEqual(expect.arrayContaining(['backup_label', 'tablespace_map', 'PG_VERSION']));
      expect(
        names.filter((name) => /^(repmgr_clone|postmaster|our_logs|current_logfiles)/.test(name)),
      ).toEqual([]);
      expect(await readFile(join(directory, 'tablespace_map'), 'utf8')).toMatch(
        new RegExp(`^\\d+ ${own}\n$`),
      );
      expect(await readdir(join(directory, 'pg_replslot'))).toEqual([]);
      expect((await stat(directory)).mode & 0o777).toBe(0o700);

      await sandbox.start(2);
      await load.stop();
      await waitForReplay(sandbox, 1, 2);
      const content = await contentOf(sandbox, 2);
      expect(content).toEqual(await contentOf(sandbox, 1));
      expect(content['public.there']?.rows).toBe(5000);
      expect(
        await sandbox.query(
          2,
          "SELECT pg_tablespace_location(oid) AS at FROM pg_tablespace WHERE spcname = 'fast'",
        ),
      ).toEqual([{ at: own }]);
    });

    it('copies a standby too, which its primary does not notice', async () => {
      const load = continueWriteLoad(sandbox, 1);
      const settings = await withSettings(sandbox, 3, {
        ssh_options: ssh.options,
        tablespace_mapping: `${place('table space of node2')}=${place('table space of node3')}`,
      });
      const { exitCode, stderr } = await sandbox.repmgr(3, [
        ...settings,
        ...['-h', '127.0.0.1', '-p', String(sandbox.node(2).port), '-v', '-c', 'standby', 'clone', '-r'],
      ]);
      expect(exitCode, stderr).toBe(0);
      await sandbox.start(3);
      await load.stop();
      await waitForReplay(sandbox, 1, 3);
      expect(await contentOf(sandbox, 3)).toEqual(await contentOf(sandbox, 1));
      expect(await sandbox.query(2, 'SELECT slot_name FROM pg_replication_slots')).toEqual([]);
    });

    it('has ended its backup and its temporary slot on the source, and says how it copied in the event', async () => {
      expect(await sandbox.query(1, 'SELECT slot_name FROM pg_replication_slots ORDER BY 1')).toEqual([
        { slot_name: 'repmgr_slot_2' },
        { slot_name: 'repmgr_slot_3' },
      ]);
      expect(
        await sandbox.query(
          1,
          "SELECT details FROM repmgr_sandbox.repl_events WHERE event = 'standby_clone' AND node_id = 2",
        ),
      ).toEqual([
        {
          details: `Cloned from host "127.0.0.1", port ${sandbox.node(1).port}; backup method: rsync; --force: N`,
        },
      ]);
    });

    it('can be promoted and archives no WAL of its source again', async () => {
      const status = await readdir(join(sandbox.node(2).dataDirectory, 'pg_wal', 'archive_status'));
      expect(status.filter((name) => name.endsWith('.ready'))).toEqual([]);
      expect((await sandbox.repmgr(2, ['standby', 'register', '--wait-sync=30'])).exitCode).toBe(0);
      await sandbox.stop(1);
      expect((await sandbox.repmgr(2, ['standby', 'promote'])).exitCode).toBe(0);
    });
  });
});
