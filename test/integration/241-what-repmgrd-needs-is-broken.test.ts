/** State files, roles, access and metadata that are broken: said with what to do, and no reason for a failover. */
import { chmodSync, chownSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { connect } from '../../src/postgres/connection.ts';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { waitUntil } from '../../src/system/clock.ts';
import { Ledger } from '../support/ledger.ts';
import {
  awaitLeader,
  awaitStreaming,
  expectNoFailover,
  leadersView,
  startRepmgrds,
  viewOf,
} from '../support/repmgrds.ts';
import { sandboxForTest } from '../support/sandbox.ts';

const leaseMs = 2_000;

describe('a cluster', () => {
  let sandbox: Sandbox;
  let ledger: Ledger;
  let logBytes: number[] = [];
  beforeAll(async () => {
    sandbox = await sandboxForTest({
      nodes: 3,
      repmgrConf: { failover: 'automatic', primary_lease_secs: String(leaseMs / 1000), log_level: 'INFO' },
    });
    await startRepmgrds(sandbox);
    ledger = new Ledger(sandbox);
    await ledger.start(1);
  });
  beforeEach(() => {
    logBytes = sandbox.nodes.map(({ repmgrdLogFile }) => statSync(repmgrdLogFile).size);
  });
  afterAll(async () => {
    await ledger.stop();
  });

  const stateFileOf = (id: number) => join(sandbox.directory, 'state', `sandbox-${id}.json`);
  const newLog = (id: number) =>
    readFileSync(sandbox.node(id).repmgrdLogFile)
      .subarray(logBytes[id - 1] ?? 0)
      .toString('utf8');
  /** An ERROR with what to do next, in what the node has logged since the test began. */
  const complaint = async (id: number, pattern: RegExp) => {
    const found = await waitUntil(
      async () => {
        const lines = newLog(id).split('\n');
        const at = lines.findIndex((line) => line.includes('[ERROR]') && pattern.test(line));
        return at !== -1 && lines.slice(at + 1, at + 6).some((line) => line.includes('[HINT]'))
          ? true
          : undefined;
      },
      { deadlineMs: 20_000, intervalMs: 100 },
    );
    expect(found, `${pattern}\n${newLog(id)}\n${await leadersView(sandbox)}`).toBe(true);
  };
  /** As a superuser of another name, whom nothing here shuts out. */
  const asPostgres = async (id: number, statements: readonly string[]) => {
    const { host, port } = sandbox.node(id);
    const connection = await connect(`host=${host} port=${port} user=postgres dbname=repmgr sslmode=disable`);
    try {
      for (const statement of statements) await connection.query(statement);
    } finally {
      await connection.close();
    }
  };
  const endSessions =
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename LIKE 'repmgr%' AND backend_type = 'client backend'";
  /** In the foreground, with a limit: one that should have ended must not hold the test up. */
  const startByHand = async (configFile: string, seconds: number) =>
    await sandbox.run('timeout', [
      String(seconds),
      process.execPath,
      `${sandbox.directory}/program/repmgrd.js`,
      '-f',
      configFile,
    ]);
  /** All is as before, and writes went on. */
  const expectUnmoved = async () => {
    await awaitLeader(sandbox, 1);
    await ledger.written(1, 20);
    expect(ledger.turns).toEqual([1]);
  };

  it.each([
    ['cut short', (file: string) => truncateSync(file, 100), /state file cannot be used: it is truncated/],
    [
      'of another node',
      (file: string) => writeFileSync(file, readFileSync(stateFileOf(2))),
      /state file cannot be used: it belongs to node 2/,
    ],
  ])('is joined anew by a node whose state file is %s', async (_, damage, pattern) => {
    await sandbox.stopRepmgrd(3);
    damage(stateFileOf(3));
    await sandbox.startRepmgrd(3);
    await complaint(3, pattern);
    const votesAgain = async () => {
      const leaseLeft = (await viewOf(sandbox, 3))?.leadership.leaseLeftMs ?? undefined;
      return leaseLeft === undefined ? undefined : true;
    };
    expect(await waitUntil(votesAgain, { deadlineMs: 20_000 }), await leadersView(sandbox)).toBe(true);
    await expectUnmoved();
  });

  it('is not joined by a repmgrd that may not read its state file', async () => {
    await sandbox.stopRepmgrd(3);
    const file = stateFileOf(3);
    const { uid, gid } = statSync(file);
    chmodSync(file, 0);
    if (sandbox.user !== undefined) chownSync(file, 0, 0);
    const { exitCode, stderr } = await startByHand(sandbox.node(3).configFile, 20);
    chownSync(file, uid, gid);
    chmodSync(file, 0o600);
    expect(exitCode, stderr).toBe(1);
    expect(stderr).toMatch(/state file ".*" cannot be read[^]*HINT/);
    await sandbox.startRepmgrd(3);
    await expectUnmoved();
  });

  it('is left alone by a repmgrd with the configuration of another cluster', async () => {
    const configFile = join(sandbox.directory, 'other.conf');
    const config = readFileSync(sandbox.node(3).configFile, 'utf8');
    writeFileSync(configFile, config.replace("cluster='sandbox'", "cluster='other'"));
    chmodSync(configFile, 0o644);
    const { stderr } = await startByHand(configFile, 3);
    expect(stderr).toMatch(/ERROR.*other[^]*HINT/);
    await expectUnmoved();
  });

  it('is not failed over when the role of repmgr is gone; repmgrd is back once the role is', async () => {
    await asPostgres(1, ['ALTER ROLE repmgr RENAME TO repmgr_gone', endSessions]);
    try {
      await complaint(1, /local server does not answer/);
      await expectNoFailover(sandbox, 2 * leaseMs);
    } finally {
      await asPostgres(1, ['ALTER ROLE repmgr_gone RENAME TO repmgr']);
    }
    await expectUnmoved();
  });

  it('is not failed over when pg_hba.conf lets nobody of repmgr in', async () => {
    const file = join(sandbox.node(1).dataDirectory, 'pg_hba.conf');
    const before = readFileSync(file, 'utf8');
    writeFileSync(file, `host all repmgr all reject\nhost replication repmgr all reject\n${before}`);
    await asPostgres(1, ['SELECT pg_reload_conf()']);
    try {
      const isRefused = async () =>
        await sandbox.query(1, 'SELECT 1').then(
          () => undefined,
          () => true,
        );
      expect(await waitUntil(isRefused, { deadlineMs: 10_000 })).toBe(true);
      await asPostgres(1, [endSessions.replace(/ AND backend_type.*/, '')]);
      await complaint(1, /local server does not answer/);
      await expectNoFailover(sandbox, 2 * leaseMs);
    } finally {
      writeFileSync(file, before);
      await asPostgres(1, ['SELECT pg_reload_conf()']);
    }
    await expectUnmoved();
    await awaitStreaming(sandbox, 1, [2, 3]);
  });

  it('goes on without its metadata, and says so', async () => {
    await asPostgres(1, ['ALTER SCHEMA repmgr_sandbox RENAME TO moved_away']);
    try {
      await complaint(1, /metadata/);
      await expectNoFailover(sandbox, leaseMs);
    } finally {
      await asPostgres(1, ['ALTER SCHEMA moved_away RENAME TO repmgr_sandbox']);
    }
    await expectUnmoved();
  });
});
