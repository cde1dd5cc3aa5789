/** Each way in which SSH can fail has a message, a DETAIL and a HINT of its own; against a real sshd. */
import { chmod, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { monotonicMs } from '../../src/system/clock.ts';
import { findFreePorts } from '../../src/system/free-ports.ts';
import { runOverSsh } from '../../src/system/ssh.ts';
import { putFile } from '../support/sandbox-files.ts';
import { sandboxForTest } from '../support/sandbox.ts';
import { describeWithSsh, sshServerForFile, type SshServer } from '../support/ssh-server.ts';

describeWithSsh('a command on another host', () => {
  let sandbox: Sandbox;
  let ssh: SshServer;
  let user: string | undefined;

  beforeAll(async () => {
    sandbox = await sandboxForTest({ nodes: 2, postgresqlConf: { listen_addresses: '*' } });
    ssh = await sshServerForFile(sandbox, 2);
    user = sandbox.user?.name;
    await sandbox.query(
      1,
      `UPDATE repmgr_sandbox.repl_nodes SET conninfo = replace(conninfo, '127.0.0.1', '127.0.0.' || id)`,
    );
  });

  describe('run directly', () => {
    const call = { deadlineMs: 20_000 };
    const target = () => ({ host: '127.0.0.1', user, options: ssh.options });

    it('gets every word as it is, and its exit code is passed on', async () => {
      const odd = ['a b', "it's", '$HOME', '*', '"', '', 'x\ny', '-n', '`id`', 'ü'];
      const { stdout, exitCode } = await runOverSsh(target(), ['/usr/bin/printf', '%s\\0', ...odd], call);
      expect({ words: stdout.split('\0').slice(0, -1), exitCode }).toEqual({ words: odd, exitCode: 0 });
      expect(
        await runOverSsh(target(), ['/bin/sh', '-c', 'echo out; echo err >&2; exit 3'], call),
      ).toMatchObject({
        exitCode: 3,
        stdout: 'out\n',
        stderr: 'err\n',
      });
    });

    it('does not wait longer than it may, nor after Ctrl-C', async () => {
      const startedAtMs = monotonicMs();
      await expect(runOverSsh(target(), ['/bin/sleep', '8'], { deadlineMs: 1_500 })).rejects.toMatchObject({
        code: 'ssh_timeout',
        exitCode: 12,
        detail: expect.stringContaining('sleep 8'),
      });
      expect(monotonicMs() - startedAtMs).toBeLessThan(6_000);
      const abort = new AbortController();
      const waiting = runOverSsh(target(), ['/bin/sleep', '8'], { ...call, signal: abort.signal });
      abort.abort();
      await expect(waiting).rejects.toMatchObject({ code: 'interrupted' });
    });

    it('a program that cannot be run is not one that is missing', async () => {
      const file = await putFile(sandbox, 'ssh/no-program', 'text', 0o600);
      await expect(runOverSsh(target(), [file], call)).rejects.toMatchObject({
        code: 'remote_program_missing',
        message: `"${file}" cannot be run on host "127.0.0.1"`,
      });
    });

    it('a host that begins with a dash is no option, and broken ssh_options are said to be so', async () => {
      await expect(
        runOverSsh({ ...target(), host: '-oProxyCommand=touch /tmp/never' }, ['true'], call),
      ).rejects.toMatchObject({ exitCode: 12 });
      await expect(runOverSsh({ ...target(), options: '-o "x' }, ['true'], call)).rejects.toMatchObject({
        code: 'ssh_failed',
        exitCode: 12,
        hint: expect.stringContaining('ssh_options'),
      });
    });
  });

  describe('cluster matrix says why a node could not be asked', () => {
    async function matrix(sshOptions: string, environment: Record<string, string> = {}) {
      const { conninfo } = sandbox.node(1);
      await putFile(
        sandbox,
        'ssh/127.0.0.1/repmgr.conf',
        `cluster=sandbox\nnode=1\nnode_name=node1\nconninfo='${conninfo}'\nssh_options='${sshOptions}'\n`,
      );
      return await sandbox.run(ssh.hosts[0]?.repmgr ?? '', ['cluster', 'matrix', '--csv'], {
        env: environment,
      });
    }
    const partial = '1,1,0\n1,2,0\n2,1,-2\n2,2,-2\n';
    const asked = (text: string) => `ERROR: node "node2" (ID: 2) could not be asked: ${text}`;

    it.each([
      [
        'the host asks for a password, also where ssh is told to be quiet',
        () => `-q ${ssh.optionsWith({ identity: 'stranger' })}`,
        'host "127.0.0.2" asks for a password when logging in by SSH',
        /Permission denied \(publickey,password/,
        /ssh-copy-id 127\.0\.0\.2$/m,
      ],
      [
        'the key of the host is not known',
        () => ssh.optionsWith({ knownHosts: 'empty' }),
        'the SSH key of host "127.0.0.2" is not known here',
        /No ED25519 host key is known for/,
        /compare the fingerprint: ssh 127\.0\.0\.2 true/,
      ],
      [
        'the key of the host has changed',
        () => ssh.optionsWith({ knownHosts: 'changed' }),
        'the SSH key of host "127.0.0.2" is not the one that is known',
        /Host key verification failed/,
        /ssh-keygen -R 127\.0\.0\.2/,
      ],
      [
        'ssh_options has a word that ssh does not know',
        () => `${ssh.options} -o NoSuchOption=1`,
        'ssh to host "127.0.0.2" failed',
        /Bad configuration option: nosuchoption/,
        /Look at ssh_options/,
      ],
    ] as const)('%s', async (_, options, message, detail, hint) => {
      const result = await matrix(options());
      expect(result).toMatchObject({ exitCode: 12, stdout: partial });
      expect(result.stderr.split('\n')[0]).toBe(asked(message));
      expect(result.stderr).toMatch(/^DETAIL: /m);
      expect(result.stderr).toMatch(detail);
      expect(result.stderr).toMatch(hint);
    });

    it('nobody listens, or the name of the host is not known', async () => {
      const [port] = await findFreePorts(1, '127.0.0.2');
      const refused = await matrix(`-F none -p ${port}`);
      expect(refused).toMatchObject({ exitCode: 12, stdout: partial });
      expect(refused.stderr).toContain(asked('no SSH connection to host "127.0.0.2" came about'));
      expect(refused.stderr).toMatch(/DETAIL: .*Connection refused/);
      expect(refused.stderr).toMatch(/HINT: Does sshd run there/);
    });

    it('ssh is not installed', async () => {
      const ours = join(ssh.hosts[0]?.directory ?? '', 'nothing');
      const result = await matrix(ssh.options, { PATH: ours });
      expect(result).toMatchObject({ exitCode: 12, stdout: partial });
      expect(result.stderr).toContain(asked('the program "ssh" cannot be run'));
      expect(result.stderr).toMatch(/HINT: Install it/);
    });

    it('what runs over there prints something else: exit code 15, as in repmgr 3', async () => {
      const other = ssh.hosts[1]?.repmgr ?? '';
      await rename(other, `${other}.real`);
      try {
        const result = async (script: string) => {
          await putFile(sandbox, 'ssh/127.0.0.2/bin/repmgr', `#!/bin/sh\n${script}\n`, 0o700);
          return await matrix(ssh.options);
        };
        const chatty = await result('echo Welcome to node2!; echo 1,0; echo 2,0');
        expect(chatty).toMatchObject({ exitCode: 15, stdout: partial });
        expect(chatty.stderr).toContain('did not answer with what "cluster show --csv" prints');
        expect(chatty.stderr).toMatch(
          /DETAIL: It ended with exit code 0\.\nDETAIL: It printed: Welcome to node2!/,
        );
        expect(chatty.stderr).toMatch(/HINT: Login scripts over there must print nothing/);
        const failing = await result('echo "ERROR: password=geheim" >&2; exit 6');
        expect(failing).toMatchObject({ exitCode: 15, stdout: partial });
        expect(failing.stderr).toMatch(/DETAIL: It ended with exit code 6\.\nDETAIL: ERROR: password=\*\*\*/);
        // repmgr 3.1 printed 1 for a standby.
        expect(await result('echo 1,0; echo 2,1')).toMatchObject({
          exitCode: 0,
          stdout: '1,1,0\n1,2,0\n2,1,0\n2,2,0\n',
        });
      } finally {
        await rename(`${other}.real`, other);
        await chmod(other, 0o700);
      }
    });

    it('no password of a connection string is in a command line', async () => {
      await sandbox.query(
        1,
        `UPDATE repmgr_sandbox.repl_nodes SET conninfo = conninfo || ' password=geheim' WHERE id = 2`,
      );
      const other = ssh.hosts[1]?.repmgr ?? '';
      await rename(other, `${other}.real`);
      try {
        await putFile(
          sandbox,
          'ssh/127.0.0.2/bin/repmgr',
          `#!/bin/sh\necho "$@" > ${join(ssh.directory, 'words')}\necho 1,0\necho 2,0\n`,
          0o700,
        );
        expect(await matrix(`${ssh.options}`)).toMatchObject({ exitCode: 0 });
        const { stdout } = await sandbox.run('/bin/cat', [join(ssh.directory, 'words')]);
        expect(stdout.trim()).toBe(
          `-d host=127.0.0.2 port=${sandbox.node(2).port} user=repmgr dbname=repmgr connect_timeout=2 --cluster sandbox cluster show --csv`,
        );
      } finally {
        await rename(`${other}.real`, other);
      }
    });
  });
});
