/** cluster matrix and crosscheck over a real sshd that plays one host for each node. */
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { findFreePorts } from '../../src/system/free-ports.ts';
import { sandboxForTest } from '../support/sandbox.ts';
import { putFile } from '../support/sandbox-files.ts';
import { describeWithSsh, sshServerForFile, type SshServer } from '../support/ssh-server.ts';

/** Of the conninfos that the sandbox writes. */
const connectTimeoutMs = 2_000;

describeWithSsh('three nodes, each on a host of its own', () => {
  let sandbox: Sandbox;
  let ssh: SshServer;

  beforeAll(async () => {
    sandbox = await sandboxForTest({ nodes: 3, postgresqlConf: { listen_addresses: '*' } });
    ssh = await sshServerForFile(sandbox, 3);
    await sandbox.query(
      1,
      `UPDATE repmgr_sandbox.repl_nodes SET conninfo = replace(conninfo, '127.0.0.1', '127.0.0.' || id)`,
    );
    for (const id of [1, 2, 3]) await configure(id, ssh.options);
  });

  async function configure(id: number, sshOptions: string, ...further: string[]): Promise<void> {
    const conninfo = sandbox.node(id).conninfo.replace('127.0.0.1', `127.0.0.${id}`);
    await putFile(
      sandbox,
      `ssh/127.0.0.${id}/repmgr.conf`,
      [
        'cluster=sandbox',
        `node=${id}`,
        `node_name=node${id}`,
        `conninfo='${conninfo}'`,
        `ssh_options='${sshOptions}'`,
        ...further,
        '',
      ].join('\n'),
    );
  }

  /** On the host of node 1, as its user would type it. */
  async function onHost(id: number, ...args: string[]) {
    const { repmgr, directory } = ssh.hosts[id - 1] ?? expect.fail();
    const startedAtMs = performance.now();
    const result = await sandbox.run(repmgr, args, { env: { PGPASSFILE: join(directory, 'pgpass') } });
    return { ...result, durationMs: performance.now() - startedAtMs };
  }

  it('all is well: every cell is reached, in the forms of repmgr 3', async () => {
    const table = [
      ' Name | Id |  1 |  2 |  3',
      '------+----+----+----+----',
      'node1 |  1 |  * |  * |  *',
      'node2 |  2 |  * |  * |  *',
      'node3 |  3 |  * |  * |  *',
      '',
    ].join('\n');
    const csv = [1, 2, 3].flatMap((from) => [1, 2, 3].map((to) => `${from},${to},0\n`)).join('');
    for (const verb of ['matrix', 'crosscheck']) {
      expect(await onHost(1, 'cluster', verb)).toMatchObject({ exitCode: 0, stdout: table, stderr: '' });
      expect(await onHost(2, 'cluster', verb, '--csv')).toMatchObject({
        exitCode: 0,
        stdout: csv,
        stderr: '',
      });
    }
  });

  it('answers as repmgr 3 asks: by connection string, cluster and node, without a repmgr.conf', async () => {
    const { conninfo } = sandbox.node(1);
    const call = ['-d', conninfo, '--cluster', 'sandbox'];
    const without = async (...args: string[]) =>
      await sandbox.run(ssh.hosts[0]?.repmgr ?? '', args, { env: { HOME: '/' } });
    await rm(join(ssh.hosts[0]?.directory ?? '', 'repmgr.conf'));
    try {
      expect(await without(...call, 'cluster', 'show', '--csv')).toMatchObject({
        exitCode: 0,
        stdout: '1,0\n2,0\n3,0\n',
      });
      // Without ssh_options nobody is let in here, so only the row of this node is known.
      const matrix = await without(...call, '--node', '1', 'cluster', 'matrix', '--csv');
      expect(matrix).toMatchObject({
        exitCode: 12,
        stdout: '1,1,0\n1,2,0\n1,3,0\n2,1,-2\n2,2,-2\n2,3,-2\n3,1,-2\n3,2,-2\n3,3,-2\n',
      });
      const nameless = await without(...call, 'cluster', 'matrix');
      expect(nameless.exitCode).toBe(1);
      expect(nameless.stderr).toMatch(
        /^ERROR: the node that this command runs on is not known\nDETAIL: .*\nHINT: .*--node=ID/,
      );
    } finally {
      await configure(1, ssh.options);
    }
  });

  it('frozen nodes cost one connect time-out together, and are no error', async () => {
    await sandbox.freeze(3);
    try {
      const one = await onHost(1, 'cluster', 'crosscheck', '--csv');
      expect(one).toMatchObject({
        exitCode: 0,
        stdout: '1,1,0\n1,2,0\n1,3,-1\n2,1,0\n2,2,0\n2,3,-1\n3,1,-2\n3,2,-2\n3,3,-2\n',
      });
      await sandbox.freeze(2);
      for (const verb of ['matrix', 'crosscheck']) {
        const both = await onHost(1, 'cluster', verb, '--csv');
        expect(both).toMatchObject({
          exitCode: 0,
          stdout: '1,1,0\n1,2,-1\n1,3,-1\n2,1,-2\n2,2,-2\n2,3,-2\n3,1,-2\n3,2,-2\n3,3,-2\n',
        });
        expect(both.durationMs).toBeLessThan(2 * connectTimeoutMs - 100);
      }
    } finally {
      await sandbox.thaw(2);
      await sandbox.thaw(3);
    }
  });

  it('a node that is stopped is no error; crosscheck says that nobody there could be asked', async () => {
    await sandbox.stop(3);
    try {
      const matrix = await onHost(1, 'cluster', 'matrix');
      expect(matrix).toMatchObject({ exitCode: 0, stderr: '' });
      expect(matrix.stdout).toContain('node2 |  2 |  * |  * |  x\nnode3 |  3 |  ? |  ? |  ?\n');
      const crosscheck = await onHost(1, 'cluster', 'crosscheck');
      expect(crosscheck).toMatchObject({ exitCode: 0, stdout: matrix.stdout });
      expect(crosscheck.stderr).toMatch(/^WARNING: node "node3" \(ID: 3\) could not be asked: /);
      expect(crosscheck.stderr).toMatch(/exit code 6/);
      expect(crosscheck.stderr).not.toContain('ERROR: node');

      // The node itself has no list to start from.
      expect(await onHost(3, 'cluster', 'matrix')).toMatchObject({ exitCode: 6, stdout: '' });
    } finally {
      await sandbox.start(3);
    }
  });

  it('repmgr that lies elsewhere over there is found by repmgr_bindir, and -R says who logs in', async () => {
    const elsewhere = join(ssh.directory, 'else where');
    await mkdir(elsewhere, { mode: 0o755 });
    const [, second] = ssh.hosts;
    await rename(second?.repmgr ?? '', join(elsewhere, 'repmgr'));
    try {
      const missing = await onHost(1, 'cluster', 'matrix', '--csv');
      expect(missing).toMatchObject({
        exitCode: 12,
        stdout: '1,1,0\n1,2,0\n1,3,0\n2,1,-2\n2,2,-2\n2,3,-2\n3,1,0\n3,2,0\n3,3,0\n',
      });
      expect(missing.stderr).toMatch(
        /^ERROR: node "node2" \(ID: 2\) could not be asked: "repmgr" was not found on host "127.0.0.2"\nDETAIL: .*not found\nHINT: .*PATH/,
      );
      await configure(1, ssh.options, `repmgr_bindir='${elsewhere}/'`);
      expect(await onHost(1, 'cluster', 'matrix')).toMatchObject({ exitCode: 0, stderr: '' });

      const stranger = await onHost(1, 'cluster', 'matrix', '--csv', '-R', 'nosuchuser');
      expect(stranger.exitCode).toBe(12);
      expect(stranger.stderr).toContain('nosuchuser@127.0.0.2: Permission denied');
    } finally {
      await rename(join(elsewhere, 'repmgr'), second?.repmgr ?? '');
      await configure(1, ssh.options);
    }
  });

  /** From now on the server of this node wants a password, from whoever comes but other standbys. */
  async function wantPassword(id: number): Promise<void> {
    await putFile(
      sandbox,
      `node${id}/pg_hba.conf`,
      'local all all trust\nhost replication repmgr 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 scram-sha-256\n',
    );
    await sandbox.query(id, 'SELECT pg_reload_conf()');
  }

  it('a link that only some see is shown: node 3 has no password for node 1', async () => {
    await sandbox.query(1, `ALTER ROLE repmgr PASSWORD 'geheim'`);
    await wantPassword(1);
    for (const id of [1, 2]) await putFile(sandbox, `ssh/127.0.0.${id}/pgpass`, '*:*:*:repmgr:geheim\n');

    const csv = '1,1,0\n1,2,0\n1,3,0\n2,1,0\n2,2,0\n2,3,0\n3,1,-1\n3,2,0\n3,3,0\n';
    for (const verb of ['matrix', 'crosscheck']) {
      expect(await onHost(1, 'cluster', verb, '--csv')).toMatchObject({
        exitCode: 0,
        stdout: csv,
        stderr: '',
      });
    }
    const { stdout } = await onHost(2, 'cluster', 'crosscheck', '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      cluster: 'sandbox',
      nodes: [
        { id: 1, name: 'node1' },
        { id: 2, name: 'node2' },
        { id: 3, name: 'node3' },
      ],
      warnings: [],
    });
    const { connections } = JSON.parse(stdout) as { connections: object[] };
    expect(connections).toHaveLength(9);
    expect(connections[6]).toEqual({ from_node_id: 3, to_node_id: 1, status: 'not_reached' });
  });

  it('what node 1 cannot find out crosscheck knows from node 2, though neither server nor host 3 answers', async () => {
    await wantPassword(3);
    const ofNode1 = `*:${sandbox.node(1).port}:*:repmgr:geheim\n`;
    await putFile(sandbox, 'ssh/127.0.0.1/pgpass', ofNode1);
    await putFile(sandbox, 'ssh/127.0.0.3/pgpass', '*:*:*:repmgr:geheim\n');
    const [closed] = await findFreePorts(1, '127.0.0.3');
    const settings = await putFile(
      sandbox,
      'ssh/config',
      `Host 127.0.0.3\n  Port ${closed}\nHost *\n  Port ${ssh.port}\n`,
    );
    await configure(1, ssh.options.replace('-F none', `-F ${settings}`).replace(`-p ${ssh.port} `, ''));

    expect(await onHost(1, 'cluster', 'matrix', '--csv')).toMatchObject({
      exitCode: 0,
      stdout: '1,1,0\n1,2,0\n1,3,-1\n2,1,0\n2,2,0\n2,3,0\n3,1,-2\n3,2,-2\n3,3,-2\n',
      stderr: '',
    });
    const crosscheck = await onHost(1, 'cluster', 'crosscheck', '--csv');
    expect(crosscheck).toMatchObject({
      exitCode: 0,
      stdout: '1,1,0\n1,2,0\n1,3,-1\n2,1,0\n2,2,0\n2,3,0\n3,1,0\n3,2,0\n3,3,0\n',
    });
    expect(crosscheck.stderr).toMatch(
      /^WARNING: node "node3" \(ID: 3\) could not be asked: no SSH connection to host "127\.0\.0\.3" came about\nDETAIL: .*Connection refused/,
    );
  });
});
