/**
 * standby promote --siblings-follow: the others follow by SSH, each on a host of its own; on PostgreSQL 10, where that needs
 * a restart over there.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { interruptRepmgr } from '../support/interrupted.ts';
import { sandboxForTest } from '../support/sandbox.ts';
import { putFile } from '../support/sandbox-files.ts';
import { describeWithSsh, sshServerForFile, type SshServer } from '../support/ssh-server.ts';

describeWithSsh('three standbys of one primary, and a witness', () => {
  let sandbox: Sandbox;
  let ssh: SshServer;

  beforeAll(async () => {
    sandbox = await sandboxForTest({
      nodes: 5,
      postgresVersion: 10,
      postgresqlConf: { listen_addresses: '*' },
    });
    ssh = await sshServerForFile(sandbox, 5);
    for (const { id } of sandbox.nodes) await configure(id, id);
    await sandbox.query(
      1,
      `UPDATE repmgr_sandbox.repl_nodes SET conninfo = replace(conninfo, '127.0.0.1', '127.0.0.' || id)`,
    );
    await succeed(5, 'standby', 'unregister');
    await sandbox.stop(5);
    const { dataDirectory } = sandbox.node(5);
    await sandbox.run('rm', ['-rf', dataDirectory]);
    const { port } = sandbox.node(1);
    await succeed(5, '-h', '127.0.0.1', '-p', String(port), '-D', dataDirectory, 'witness', 'create');
  });

  /** The host of a node, with the file of that node, or by mistake of another one. */
  async function configure(id: number, nodeId: number): Promise<void> {
    const own = await readFile(sandbox.node(nodeId).configFile, 'utf8');
    const text = own.replaceAll('127.0.0.1', `127.0.0.${nodeId}`);
    await putFile(sandbox, `ssh/127.0.0.${id}/repmgr.conf`, `${text}\nssh_options='${ssh.options}'\n`);
  }

  async function onHost(id: number, ...args: string[]) {
    const { repmgr } = ssh.hosts[id - 1] ?? expect.fail();
    return await sandbox.run(repmgr, args);
  }
  async function succeed(id: number, ...args: string[]) {
    const result = await onHost(id, ...args);
    expect(result, result.stderr).toMatchObject({ exitCode: 0 });
    return result;
  }
  const promote = async (id: number, ...args: string[]) =>
    await onHost(id, 'standby', 'promote', '--siblings-follow', '-C', 'repmgr.conf', ...args);
  const followersOf = async (id: number) =>
    await sandbox.query(
      id,
      `SELECT application_name AS name FROM pg_stat_replication WHERE state = 'streaming' ORDER BY 1`,
    );
  const rows = async (id: number) =>
    await sandbox.query(
      id,
      'SELECT id, type, upstream_node_id AS of, active FROM repmgr_sandbox.repl_nodes ORDER BY id',
    );

  it('is refused where one of them could not be told to, and changes nothing', async () => {
    await sandbox.stop(1);
    const noFile = await promote(2, '-C', '/no/repmgr.conf');
    expect(noFile).toMatchObject({ exitCode: 1, stdout: '' });
    expect(noFile.stderr).toMatch(
      /^ERROR: repmgr cannot be run on the hosts of 3 nodes that are to follow\nDETAIL: Node "node3" \(ID: 3\): .*exit code 1: .*\/no\/repmgr\.conf/m,
    );
    expect(noFile.stderr).toMatch(/HINT: Log in to 127\.0\.0\.3 and run there: repmgr -f \/no\/repmgr\.conf/);
    const noLogin = await promote(2, '-R', 'nosuchuser');
    expect(noLogin).toMatchObject({ exitCode: 1 });
    expect(noLogin.stderr).toContain('nosuchuser@127.0.0.3: Permission denied');
    const ofRepmgrd = await sandbox.run(
      ssh.hosts[1]?.repmgr ?? '',
      ['standby', 'promote', '--siblings-follow', '--dry-run'],
      { env: { REPMGR_DAEMON_ACTION: 'promote' } },
    );
    expect(ofRepmgrd.stderr).toContain('WARNING: --siblings-follow has no effect where repmgrd promotes');
    expect(ofRepmgrd.stdout).not.toContain('by SSH');
    const alone = await onHost(2, 'standby', 'promote', '-R', 'postgres', '--dry-run');
    expect(alone.stderr).toContain('WARNING: -R and -C have no effect without --siblings-follow');
    expect(await sandbox.query(2, 'SELECT pg_is_in_recovery() AS standby')).toEqual([{ standby: true }]);
  });

  it('all follow the new primary, and the witness has the new metadata', async () => {
    const { stdout } = await promote(2, '--dry-run');
    expect(stdout).toMatch(
      /\nhave node "node3" \(ID: 3\) follow this one, by SSH\nhave node "node4" .*\nhave node "node5" \(ID: 5\) copy its metadata from this one, by SSH\n$/,
    );
    const { exitCode, stderr } = await promote(2);
    expect(exitCode, stderr).toBe(0);
    for (const id of [3, 4, 5]) {
      expect(stderr).toContain(`NOTICE: node "node${id}" (ID: ${id}) follows node "node2" (ID: 2) now`);
    }
    expect(await followersOf(2)).toEqual([{ name: 'node3' }, { name: 'node4' }]);
    const expected = [
      { id: 1, type: 'master', of: null, active: false },
      { id: 2, type: 'master', of: null, active: true },
      { id: 3, type: 'standby', of: 2, active: true },
      { id: 4, type: 'standby', of: 2, active: true },
      { id: 5, type: 'witness', of: null, active: true },
    ];
    expect(await rows(2)).toEqual(expected);
    expect((await rows(5))[1]).toEqual(expected[1]);
  });

  it('says which of them does not follow, with exit code 22; who is down is left out', async () => {
    await sandbox.stop(5);
    const witnessDown = await promote(3, '--dry-run');
    expect(witnessDown).toMatchObject({ exitCode: 1 });
    expect(witnessDown.stderr).toContain('another node is a primary');
    await sandbox.stop(2);
    await configure(4, 3);
    const { exitCode, stderr } = await promote(3, '--force');
    expect(exitCode, stderr).toBe(22);
    expect(stderr).toMatch(/WARNING: node "node5" \(ID: 5\) will not follow: .*exit code 6/);
    expect(stderr).toMatch(
      /ERROR: node "node3" \(ID: 3\) is the primary, but 1 of 1 other nodes do not follow it\nDETAIL: Node "node4" \(ID: 4\): .*this is not node 4/,
    );
    expect(stderr).toMatch(/HINT: On each of them run: repmgr standby follow/);
    expect(await sandbox.query(3, 'SELECT pg_is_in_recovery() AS standby')).toEqual([{ standby: false }]);
    await configure(4, 4);
    await succeed(4, 'standby', 'follow');
  });

  it('says after Ctrl-C that the promotion is done, and who does not follow', async () => {
    const { port } = sandbox.node(3);
    const { dataDirectory } = sandbox.node(2);
    await succeed(2, '-h', '127.0.0.3', '-p', String(port), '-D', dataDirectory, 'standby', 'follow');
    await sandbox.stop(3);
    const { repmgr } = ssh.hosts[1] ?? expect.fail();
    const program = await readFile(repmgr, 'utf8');
    const hanging = program.replace('\n', '\ncase "$*" in *follow) exec /bin/sleep 60;; esac\n');
    await putFile(sandbox, 'ssh/127.0.0.2/bin/repmgr', hanging, 0o700);
    const call = ['-f', join(ssh.directory, '127.0.0.4', 'repmgr.conf'), '-C', 'repmgr.conf', '--verbose'];
    const interrupted = await interruptRepmgr(
      sandbox,
      4,
      [...call, '--force', 'standby', 'promote', '--siblings-follow'],
      /on the host of node "node2"/,
    );
    expect(interrupted.exitCode, interrupted.stderr).toBe(130);
    expect(interrupted.stderr).toMatch(
      /ERROR: the operation was interrupted\nDETAIL: .*node "node4" \(ID: 4\) is the primary, but 1 of 1 other nodes do not follow it/,
    );
    expect((await rows(4))[3]).toEqual({ id: 4, type: 'master', of: null, active: true });
    await putFile(sandbox, 'ssh/127.0.0.2/bin/repmgr', program, 0o700);
    await succeed(2, 'standby', 'follow');
  });
});
