/**
 * The command lines that scripts of repmgr 3 hold, typed as they stand in them: one host for each node, with repmgr.conf
 * in its place, the port from the environment, and SSH between the hosts. Only switchover is missing.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { debianMajorVersion } from '../support/debian.ts';
import { describeWithRsync, programsForRsync } from '../support/rsync.ts';
import { sandboxForTest } from '../support/sandbox.ts';
import { putFile } from '../support/sandbox-files.ts';
import { sshServerForFile, type SshServer } from '../support/ssh-server.ts';

describeWithRsync('a script of repmgr 3', () => {
  let sandbox: Sandbox;
  let ssh: SshServer;

  beforeAll(async () => {
    sandbox = await sandboxForTest({
      nodes: 4,
      postgresVersion: debianMajorVersion,
      build: 'primary',
      postgresqlConf: {
        listen_addresses: '*',
        // A clone without --fast-checkpoint waits for a checkpoint that takes its time.
        checkpoint_timeout: '30s',
        checkpoint_completion_target: '0.1',
      },
    });
    ssh = await sshServerForFile(sandbox, 4, programsForRsync);
    for (const { id, configFile } of sandbox.nodes) {
      const own = (await readFile(configFile, 'utf8')).replaceAll('127.0.0.1', `127.0.0.${id}`);
      await putFile(sandbox, `ssh/127.0.0.${id}/repmgr.conf`, `${own}\nssh_options='${ssh.options}'\n`);
    }
  });

  /** What a shell on the host of a node makes of the line, where H, DB, USER, DIR and CONF are filled in. */
  async function type(id: number, line: string, from = 1) {
    const { repmgr, directory } = ssh.hosts[id - 1] ?? expect.fail();
    const meant: Readonly<Record<string, string>> = {
      H: `127.0.0.${from}`,
      DB: 'repmgr',
      USER: 'repmgr',
      DIR: sandbox.node(id).dataDirectory,
      CONF: join(directory, 'repmgr.conf'),
    };
    const typed = line.replace(/\b(?:H|DB|USER|DIR|CONF)\b/g, (word) => meant[word] ?? word);
    const script = `cd ${directory} && ${typed.replace(/^repmgr/, repmgr)}`;
    const env = { PGPORT: String(sandbox.node(from).port), PATH: `${join(directory, 'bin')}:/usr/bin:/bin` };
    const result = await sandbox.run('sh', ['-c', script], { env });
    expect(result, `${typed}\n${result.stderr}`).toMatchObject({ exitCode: 0 });
    return result;
  }
  const events = async (id: number, name: string) =>
    await sandbox.query(
      id,
      'SELECT node_id, successful FROM repmgr_sandbox.repl_events WHERE event = $1 ORDER BY event_timestamp',
      [name],
    );
  const streaming = async (id: number) =>
    await sandbox.query(
      id,
      `SELECT application_name AS name FROM pg_stat_replication WHERE state = 'streaming' ORDER BY 1`,
    );

  it('clones, in both forms, and registers', async () => {
    await type(1, 'repmgr -f CONF master register');
    const { stdout, stderr } = await type(2, 'repmgr -h H -d DB -U USER -D DIR --verbose standby clone');
    expect(stdout).toBe('');
    expect(stderr).toContain('NOTICE: standby clone is complete');
    await type(3, 'repmgr -d DB -U USER -D DIR --verbose standby clone H');
    for (const id of [2, 3]) {
      await sandbox.start(id);
      await type(id, 'repmgr -f CONF standby register');
    }
    expect(await events(1, 'standby_clone')).toEqual([2, 3].map((id) => ({ node_id: id, successful: true })));
    await expect
      .poll(() => streaming(1), { timeout: 20_000 })
      .toEqual([{ name: 'node2' }, { name: 'node3' }]);
  });

  it('makes a witness', async () => {
    await type(4, 'repmgr -d DB -U USER -h H -D DIR -f CONF witness create');
    const { stdout } = await type(4, 'repmgr -f CONF cluster show');
    expect(stdout.replace(/\| host=.*/g, '| C')).toBe(
      [
        'Role      | Name  | Upstream | Connection String',
        `----------+-------|----------|${'-'.repeat(stdout.split('\n')[1]?.split('|').at(-1)?.length ?? 0)}`,
        '* master  | node1 |          | C',
        '  standby | node2 | node1    | C',
        '  standby | node3 | node1    | C',
        '  witness | node4 |          | C',
        '',
      ].join('\n'),
    );
  });

  it('promotes and follows, by the lines that repmgrd was given', async () => {
    await sandbox.kill(1);
    await type(2, 'repmgr standby promote -f CONF');
    await type(3, 'repmgr standby follow -f CONF -W');
    expect(await streaming(2)).toEqual([{ name: 'node3' }]);
    expect(await events(2, 'standby_promote')).toEqual([{ node_id: 2, successful: true }]);
    expect(await events(2, 'standby_follow')).toEqual([{ node_id: 3, successful: true }]);
  });

  it('makes a standby of the failed primary again', async () => {
    const { stderr } = await type(
      1,
      'repmgr -f CONF --force --rsync-only -h H -d DB -U USER standby clone',
      2,
    );
    expect(stderr).toMatch(/NOTICE: the new standby can be started now\nHINT: /);
    await sandbox.start(1);
    await type(1, 'repmgr -f CONF --force standby register');
    await expect
      .poll(() => streaming(2), { timeout: 20_000 })
      .toEqual([{ name: 'node1' }, { name: 'node3' }]);
    const { stdout } = await type(3, 'repmgr -f CONF cluster show');
    expect(stdout).toContain('  standby | node1 | node2    |');
    expect(stdout).toContain('* master  | node2 |          |');
  });

  it('cleans up the history by night', async () => {
    await sandbox.query(
      2,
      `INSERT INTO repmgr_sandbox.repl_monitor
       SELECT 2, 3, now() - day * interval '1 day', now(), '0/3000000', '0/3000000', 0, 0
         FROM generate_series(1, 40) AS day`,
    );
    await type(1, 'repmgr -f CONF cluster cleanup -k 30');
    expect(
      await sandbox.query(2, 'SELECT count(*)::integer AS rows FROM repmgr_sandbox.repl_monitor'),
    ).toEqual([{ rows: 29 }]);
  });
});
