/** What speaks against a clone by rsync: each with its exit code, a DETAIL and a HINT, and nothing was changed. */
import { mkdir, readdir, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { connect } from '../../src/postgres/connection.ts';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { makeOwnedDirectory } from '../../src/sandbox/owned-files.ts';
import { findFreePorts } from '../../src/system/free-ports.ts';
import { describeWithRsync, programsForRsync } from '../support/rsync.ts';
import { sandboxForTest } from '../support/sandbox.ts';
import { withSettings } from '../support/sandbox-files.ts';
import { sshServerForFile, type SshServer } from '../support/ssh-server.ts';

describeWithRsync('a clone by rsync is refused', () => {
  let sandbox: Sandbox;
  let ssh: SshServer;

  beforeAll(async () => {
    sandbox = await sandboxForTest({
      nodes: 2,
      build: 'primary',
      postgresVersion: 15,
      postgresqlConf: { listen_addresses: '*' },
    });
    ssh = await sshServerForFile(sandbox, 2, programsForRsync);
    expect((await sandbox.repmgr(1, ['primary', 'register'])).exitCode).toBe(0);
  });

  interface Call {
    readonly settings?: Readonly<Record<string, string>>;
    readonly env?: Readonly<Record<string, string>>;
    readonly host?: string;
    readonly args?: readonly string[];
  }

  async function clone({ settings = {}, env, host = '127.0.0.1', args = [] }: Call) {
    const file = await withSettings(sandbox, 2, { ssh_options: ssh.options, ...settings });
    return await sandbox.repmgr(
      2,
      [...file, ...['-h', host, '-p', String(sandbox.node(1).port), '-r', '-c', ...args, 'standby', 'clone']],
      env === undefined ? {} : { env },
    );
  }

  async function refuses(
    call: Call,
    exitCode: number,
    error: RegExp,
    detail: RegExp,
    hint: RegExp,
  ): Promise<void> {
    const result = await clone(call);
    expect(result.exitCode, result.stderr).toBe(exitCode);
    const line = (word: string) => new RegExp(`^${word}: (.*)$`, 'm').exec(result.stderr)?.[1] ?? '';
    expect(line('ERROR')).toMatch(error);
    expect(line('DETAIL')).toMatch(detail);
    expect(line('HINT')).toMatch(hint);
    expect(await readdir(sandbox.node(2).dataDirectory)).toEqual([]);
    expect(await sandbox.query(1, 'SELECT slot_name FROM pg_replication_slots')).toEqual([]);
  }

  it('without rsync on this host', async () => {
    const path = join(sandbox.directory, 'without-rsync');
    await makeOwnedDirectory(path, sandbox.user);
    for (const name of ['sh', 'ssh']) await symlink(`/usr/bin/${name}`, join(path, name));
    await refuses(
      { env: { PATH: path } },
      2,
      /^the program "rsync" cannot be run on this host$/,
      /ENOENT/,
      /^Install it .*--backup-method=protocol/,
    );
  });

  it('without rsync on the host of the source', async () => {
    await rm(join(ssh.hosts[1]?.directory ?? '', 'bin', 'rsync'));
    await refuses(
      { host: '127.0.0.2' },
      12,
      /^"rsync" was not found on host "127.0.0.2"$/,
      /not found/,
      /PATH of a shell without terminal/,
    );
  });

  it('where nobody listens for SSH', async () => {
    const [port = 0] = await findFreePorts(1, '127.0.0.1');
    const settings = { ssh_options: `-p ${port} ${ssh.options}` };
    await refuses(
      { settings },
      12,
      /^no SSH connection to host "127.0.0.1" came about$/,
      /Connection refused/,
      /Does sshd run there/,
    );
  });

  it.each([
    [
      { identity: 'stranger' },
      /asks for a password when logging in by SSH$/,
      /Permission denied/,
      /ssh-copy-id/,
    ],
    [
      { knownHosts: 'empty' },
      /^the SSH key of host "127.0.0.1" is not known here$/,
      /No ED25519 host key is known/,
      /fingerprint/,
    ],
    [{ knownHosts: 'changed' }, /is not the one that is known$/, /./, /ssh-keygen -R/],
  ])('where the login fails: %o', async (changes, error, detail, hint) => {
    await refuses({ settings: { ssh_options: ssh.optionsWith(changes) } }, 12, error, detail, hint);
  });

  it('as another user than the one of the login', async () => {
    await refuses(
      { args: ['-R', 'nobody_here'] },
      12,
      /host "127.0.0.1" (asks for|refused)/,
      /Permission denied/,
      /nobody_here@/,
    );
  });

  it('where rsync does not understand rsync_options', async () => {
    await refuses(
      { settings: { rsync_options: '--recursive --no-such-thing' } },
      2,
      /^rsync from host "127.0.0.1" failed with exit code 1$/,
      /unknown option/,
      /^Correct rsync_options/,
    );
  });

  it('with options that would spoil a copy', async () => {
    await refuses(
      { settings: { rsync_options: '-avn' } },
      1,
      /^option --dry-run cannot be given to rsync for a clone$/,
      /leave out files/,
      /^Leave it out of rsync_options/,
    );
  });

  it('through a socket, which names no host', async () => {
    await sandbox.query(1, `ALTER SYSTEM SET unix_socket_directories = '${sandbox.directory}'`);
    await sandbox.stop(1);
    await sandbox.start(1);
    await refuses(
      { host: sandbox.directory },
      1,
      /^the host of the source is not known, and SSH needs it$/,
      /socket/,
      /^Name the host with -h/,
    );
  });

  it('by a role that may not make backups, with the statements that allow it', async () => {
    await asPostgres('ALTER ROLE repmgr NOSUPERUSER REPLICATION; GRANT pg_monitor TO repmgr');
    try {
      await refuses(
        {},
        1,
        /^role "repmgr" may not make the backup that rsync needs$/,
        /pg_backup_start\(text, boolean\) and .*pg_backup_stop\(boolean\)/,
        /GRANT EXECUTE ON FUNCTION pg_catalog.pg_backup_start\(text, boolean\) TO "repmgr"; GRANT/,
      );
      await asPostgres('REVOKE pg_monitor FROM repmgr');
      await refuses(
        {},
        1,
        /^the source does not show its data directory to this role$/,
        /"data_directory"/,
        /GRANT pg_read_all_settings TO "repmgr"/,
      );
    } finally {
      await asPostgres('ALTER ROLE repmgr SUPERUSER');
    }
  });

  it('without a superuser it goes with these rights', async () => {
    await asPostgres(
      `ALTER ROLE repmgr NOSUPERUSER REPLICATION; GRANT pg_monitor TO repmgr;
       GRANT EXECUTE ON FUNCTION pg_catalog.pg_backup_start(text, boolean) TO repmgr;
       GRANT EXECUTE ON FUNCTION pg_catalog.pg_backup_stop(boolean) TO repmgr`,
    );
    const directory = join(sandbox.directory, 'by a plain role');
    try {
      const { exitCode, stderr } = await clone({ args: ['-D', directory] });
      expect(exitCode, stderr).toBe(0);
    } finally {
      await asPostgres("ALTER ROLE repmgr SUPERUSER; SELECT pg_drop_replication_slot('repmgr_slot_2')");
    }
  });

  it('where SSH leads to another server than PostgreSQL does', async () => {
    const directory = sandbox.node(1).dataDirectory;
    const moved = `${directory}.moved`;
    await sandbox.run('mv', [directory, moved]);
    await mkdir(directory);
    try {
      await refuses(
        {},
        1,
        /^the data directory of the source cannot be read on host "127.0.0.1" by SSH$/,
        /postmaster.pid: No such file/,
        /the host that PostgreSQL runs on/,
      );
    } finally {
      await rm(directory, { recursive: true });
      await sandbox.run('mv', [moved, directory]);
    }
  });

  async function asPostgres(sql: string): Promise<void> {
    const { host, port } = sandbox.node(1);
    const connection = await connect(`host=${host} port=${port} user=postgres dbname=repmgr sslmode=disable`);
    try {
      for (const statement of sql.split(';')) await connection.query(statement);
    } finally {
      await connection.close();
    }
  }
});
