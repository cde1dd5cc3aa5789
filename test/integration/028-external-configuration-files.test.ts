/** Configuration files of the source from outside of its data directory, as Debian has them: copied by SSH on request. */
import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { makeOwnedDirectory } from '../../src/sandbox/owned-files.ts';
import { treeOf } from '../support/directory-tree.ts';
import { sandboxForTest } from '../support/sandbox.ts';
import { putFile, withSettings } from '../support/sandbox-files.ts';
import { describeWithSsh, sshServerForFile, type SshServer } from '../support/ssh-server.ts';

describeWithSsh('configuration files outside of the data directory', () => {
  let sandbox: Sandbox;
  let ssh: SshServer;
  let directory: string;
  let etc: string;
  const names = ['postgresql.conf', 'pg_hba.conf', 'pg_ident.conf', 'conf.d/own.conf'];

  beforeAll(async () => {
    sandbox = await sandboxForTest({ nodes: 2, build: 'primary', postgresqlConf: { listen_addresses: '*' } });
    directory = sandbox.node(2).dataDirectory;
    etc = join(sandbox.directory, 'etc of node1');
    ssh = await sshServerForFile(sandbox, 1, ['base64']);
    expect((await sandbox.repmgr(1, ['primary', 'register'])).exitCode).toBe(0);
    await sandbox.stop(1);
    await makeOwnedDirectory(etc, sandbox.user);
    await makeOwnedDirectory(join(etc, 'conf.d'), sandbox.user);
    const source = sandbox.node(1).dataDirectory;
    await sandbox.run('sh', [
      '-c',
      'cd "$1" && mv postgresql.conf pg_hba.conf pg_ident.conf "$2"',
      'sh',
      source,
      etc,
    ]);
    // Longer than what is kept of the output of a program, and in no particular character set.
    const comment = Buffer.concat([Buffer.from('# caf\xe9 '.repeat(20_000), 'latin1'), Buffer.from('\n')]);
    await putFile(
      sandbox,
      'etc of node1/conf.d/own.conf',
      Buffer.concat([comment, Buffer.from("work_mem = '7MB'\n")]),
    );
    await putFile(
      sandbox,
      'etc of node1/postgresql.conf',
      [
        await readFile(join(etc, 'postgresql.conf'), 'utf8'),
        "include_dir 'conf.d'",
        `hba_file = '${etc}/pg_hba.conf'`,
        `ident_file = '${etc}/pg_ident.conf'`,
        '',
      ].join('\n'),
    );
    await startWithConfiguration();
  });

  /** As Debian does: its postgresql.conf is named on the command line, and names everything else. */
  async function startWithConfiguration(): Promise<void> {
    const pgCtl = join(sandbox.binDirectory, 'pg_ctl');
    const options = `-c config_file='${etc}/postgresql.conf'`;
    const started = await sandbox.run(pgCtl, [
      ...['-D', sandbox.node(1).dataDirectory, '-w', '-l', '/dev/null', '-o', options, 'start'],
    ]);
    expect(started.exitCode, started.stderr + started.stdout).toBe(0);
  }

  beforeEach(async () => {
    await sandbox.run('sh', ['-c', 'rm -rf "$1" && mkdir -m 700 "$1"', 'sh', directory]);
  });

  async function clone(...args: string[]) {
    const settings = await withSettings(sandbox, 2, { ssh_options: ssh.options, use_replication_slots: '0' });
    return await sandbox.repmgr(2, [
      ...settings,
      ...['-h', '127.0.0.1', '-p', String(sandbox.node(1).port), '--backup-method=protocol', '-c', '-v'],
      ...['standby', 'clone', ...args],
    ]);
  }

  it('are not copied by themselves, which is said with their names', async () => {
    const { exitCode, stderr } = await clone('--dry-run');
    expect(exitCode, stderr).toBe(0);
    expect(stderr).toContain('NOTICE: configuration files of the source are not copied');
    expect(stderr).toContain('HINT: Add --copy-external-config-files, or');
    const ignored = await clone('--dry-run', '--ignore-external-config-files');
    expect(ignored.exitCode, ignored.stderr).toBe(0);
    expect(ignored.stderr).toContain('WARNING: option "--ignore-external-config-files" has no effect');
  });

  it('go into the data directory with pgdata, included ones too, byte for byte', async () => {
    const { exitCode, stderr } = await clone('--copy-external-config-files=pgdata');
    expect(exitCode, stderr).toBe(0);
    expect(stderr).not.toContain('are not copied');
    expect(stderr).toMatch(
      /^INFO: copy configuration files of the source into the data directory: "postgresql.conf"/m,
    );
    expect(stderr).toMatch(
      /^WARNING: "postgresql.conf" names files and directories by their paths on the source$/m,
    );
    for (const name of names) {
      expect((await readFile(join(directory, name))).equals(await readFile(join(etc, name))), name).toBe(
        true,
      );
      expect((await stat(join(directory, name))).mode & 0o777).toBe(0o600);
    }
  });

  describe('with samepath', () => {
    it('what is the same already is left as it is', async () => {
      const before = await treeOf(etc);
      const { exitCode, stderr } = await clone('--copy-external-config-files');
      expect(exitCode, stderr).toBe(0);
      expect(stderr).not.toMatch(/copy configuration files/);
      expect(await treeOf(etc)).toEqual(before);
      expect(await readdir(directory)).not.toContain('postgresql.conf');
    });

    it('files that cannot be read over there end it before anything is done', async () => {
      await sandbox.run('mv', [etc, `${etc}.away`]);
      try {
        const { exitCode, stderr } = await clone('--copy-external-config-files=samepath');
        expect(exitCode, stderr).toBe(12);
        expect(stderr).toContain(`ERROR: "${etc}/postgresql.conf" on host "127.0.0.1" cannot be read`);
        expect(stderr).toMatch(/^DETAIL: .*No such file/m);
        expect(stderr).toMatch(/^HINT: Log in as a user that may read it \(-R USER\)/m);
        expect(await readdir(directory)).toEqual([]);
      } finally {
        await sandbox.run('mv', [`${etc}.away`, etc]);
      }
    });

    describe('on a host with files of its own', () => {
      const theirs = () => `${etc} over there`;

      /** The server read its files when it started; by SSH they are found elsewhere from now on. */
      beforeAll(async () => {
        await sandbox.run('mv', [etc, theirs()]);
        const base64 = join(ssh.hosts[0]?.directory ?? '', 'bin', 'base64');
        const script = `#!/bin/sh\nexec /usr/bin/base64 "${theirs()}\${1#${etc}}"\n`;
        await rm(base64);
        await putFile(sandbox, relative(sandbox.directory, base64), script, 0o700);
      });

      it('makes them with their directories', async () => {
        const { exitCode, stderr } = await clone('--copy-external-config-files');
        expect(exitCode, stderr).toBe(0);
        expect(stderr).toContain(`INFO: copy configuration files of the source: "${etc}/postgresql.conf", `);
        for (const name of names) {
          expect((await readFile(join(etc, name))).equals(await readFile(join(theirs(), name))), name).toBe(
            true,
          );
          expect((await stat(join(etc, name))).mode & 0o777).toBe(0o600);
        }
      });

      it('replaces others with --force only, and keeps their permissions', async () => {
        const own = await putFile(
          sandbox,
          relative(sandbox.directory, join(etc, 'pg_hba.conf')),
          '# our own',
          0o640,
        );
        const refused = await clone('--copy-external-config-files');
        expect(refused.exitCode, refused.stderr).toBe(1);
        expect(refused.stderr).toContain(`ERROR: "${own}" is there already on this host`);
        expect(refused.stderr).toMatch(/^HINT: Add --force to replace it/m);
        expect(await readFile(own, 'utf8')).toBe('# our own');
        const { exitCode, stderr } = await clone('--copy-external-config-files', '--force');
        expect(exitCode, stderr).toBe(0);
        expect(await readFile(own, 'utf8')).toBe(await readFile(join(theirs(), 'pg_hba.conf'), 'utf8'));
        expect((await stat(own)).mode & 0o777).toBe(0o640);
      });
    });
  });
});
