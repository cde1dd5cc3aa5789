/** `repmgr node rejoin`: a former primary, or a standby, is made a standby of the current primary by hand. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { leaveSynchronousNames } from '../../src/cluster/rejoin/leave-synchronous-names.ts';
import { connect } from '../../src/postgres/connection.ts';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { describeWithDebian } from '../support/debian.ts';
import { asUserOf, effectsOn } from '../support/effects.ts';
import { awaitLeader, awaitStreaming, viewOf } from '../support/repmgrds.ts';
import { sandboxForTest } from '../support/sandbox.ts';
import { withSettings } from '../support/sandbox-files.ts';

describeWithDebian('repmgr node rejoin', () => {
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await sandboxForTest({
      nodes: 2,
      postgresVersion: 15,
      postgresqlConf: { wal_log_hints: 'on' },
      repmgrConf: { node_rejoin_timeout: '20', failover: 'automatic' },
    });
    await sandbox.query(1, 'CREATE TABLE t (id int)');
  }, 60_000);

  const rejoin = async (id: number, ...options: readonly string[]) => {
    const { host, port, dataDirectory } = sandbox.node(3 - id);
    const own = sandbox.node(id).dataDirectory;
    const where = ['-h', host, '-p', String(port), '-U', 'repmgr', '-d', 'repmgr', '-D', own];
    expect(own).not.toBe(dataDirectory);
    return await sandbox.repmgr(id, [...where, ...options, 'node', 'rejoin']);
  };

  it('refuses a server that runs, and wants to know a node that does', async () => {
    expect(await rejoin(2)).toMatchObject({
      exitCode: 24,
      stderr: expect.stringMatching(/^ERROR: the server of this node is running\nDETAIL: .*\nHINT: .*pg_ctl/),
    });
    const withoutDirectory = await withSettings(sandbox, 2, { data_directory: undefined });
    const { host, port, dataDirectory } = sandbox.node(2);
    expect(await sandbox.repmgr(2, [...withoutDirectory, 'node', 'rejoin'])).toMatchObject({
      exitCode: 24,
      stderr: expect.stringContaining(
        `ERROR: the server of this node is running\nDETAIL: It answers at ${host}:${port}, and has "${dataDirectory}".\nHINT: Stop it first: pg_ctl -D "${dataDirectory}" stop`,
      ),
    });
    await sandbox.stop(2);
    expect(await sandbox.repmgr(2, ['node', 'rejoin'])).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('a node of the cluster that runs must be named'),
    });
  });

  it('starts a stopped standby, and does not wait for it with -W', async () => {
    expect(await rejoin(2, '-W')).toMatchObject({ exitCode: 0 });
    await awaitStreaming(sandbox, 1, [2]);
  });

  it('waits until the node is no synchronous standby any more, before its data are replaced', async () => {
    const primary = await connect(sandbox.node(1).conninfo);
    const lines: string[] = [];
    const { context } = await effectsOn(sandbox, 1);
    const log = { ...context.log, info: (line: string) => void lines.push(line) };
    const setNames = async (value: string) => {
      await sandbox.query(1, `ALTER SYSTEM SET synchronous_standby_names = '${value}'`);
      await sandbox.query(1, 'SELECT pg_reload_conf()');
    };
    try {
      await setNames('ANY 1 (node2, "node3")');
      await expect
        .poll(() => sandbox.query(1, 'SHOW synchronous_standby_names'), { timeout: 20_000 })
        .not.toEqual([{ synchronous_standby_names: '' }]);
      const { signal } = context;
      await leaveSynchronousNames(primary, 'node4', { log, signal });
      expect(lines).toEqual([]);
      let hasLeft = false;
      const leaving = leaveSynchronousNames(primary, 'node2', { log, signal }).then(() => {
        hasLeft = true;
      });
      await expect
        .poll(() => lines, { timeout: 20_000 })
        .toEqual(['waiting until "node2" is no synchronous standby any more']);
      expect(hasLeft).toBe(false);
      await setNames('ANY 1 ("node3")');
      await leaving;
    } finally {
      await setNames('');
      await primary.close();
    }
  });

  it('rewinds a diverged primary only where it is told to, and keeps what is given up and files that are named', async () => {
    await sandbox.stop(1);
    expect(await sandbox.repmgr(2, ['standby', 'promote', '--force'])).toMatchObject({ exitCode: 0 });
    await sandbox.start(1);
    await sandbox.query(1, 'INSERT INTO t SELECT generate_series(1, 1000)');
    await sandbox.stop(1);
    await sandbox.query(2, 'INSERT INTO t VALUES (0)');
    const { dataDirectory } = sandbox.node(1);
    const note = join(dataDirectory, 'note.txt');
    await asUserOf(sandbox, () => writeFile(note, 'of node 1'));
    const port = /^port.*/m.exec(await readFile(join(dataDirectory, 'postgresql.conf'), 'utf8'))?.[0];

    expect(await rejoin(1)).toMatchObject({
      exitCode: 24,
      stderr: expect.stringMatching(/has WAL that node .* does not have[^]*--force-rewind/),
    });
    const planned = await rejoin(1, '--force-rewind', '--dry-run');
    expect(planned.stderr).toBe('');
    expect(planned.stdout).toMatch(/keep the WAL from [^]*pg_rewind[^]*wait up to 20 seconds/);

    const done = await rejoin(1, '--force-rewind', '--config-files=note.txt');
    expect(done, done.stderr).toMatchObject({ exitCode: 0 });
    await awaitStreaming(sandbox, 2, [1]);
    expect(await sandbox.query(1, 'SELECT id FROM t')).toEqual([{ id: 0 }]);
    expect(await readFile(note, 'utf8')).toBe('of node 1');
    expect(await readFile(join(dataDirectory, 'postgresql.conf'), 'utf8')).toContain(port);
    const kept = JSON.parse((await sandbox.repmgr(1, ['node', 'diverged', '--json'])).stdout);
    expect(kept.diverged).toMatchObject([{ rejoined_to: 2, tables: [{ inserted: 1000 }] }]);
    expect(
      await sandbox.query(
        2,
        `SELECT node_id, successful, (SELECT type FROM repmgr_sandbox.repl_nodes WHERE id = 1) AS type
           FROM repmgr_sandbox.repl_events WHERE event = 'node_rejoin' AND node_id = 1`,
      ),
    ).toEqual([{ node_id: 1, successful: true, type: 'standby' }]);
  });

  it('has the repmgrd of the node leave it alone meanwhile', async () => {
    await Promise.all([1, 2].map((id) => sandbox.startRepmgrd(id)));
    await awaitLeader(sandbox, 2);
    await sandbox.stop(1);
    const { exitCode, stderr } = await rejoin(1, '--log-level=INFO');
    expect(exitCode, stderr).toBe(0);
    expect(stderr).toContain('repmgrd leaves this node alone meanwhile');
    await awaitStreaming(sandbox, 2, [1]);
    await expect
      .poll(() => viewOf(sandbox, 1), { timeout: 20_000 })
      .toMatchObject({ maintenanceLeftMs: null, sickSigns: [], server: { isStreaming: true } });
  });
});
