/** Exclusive backups, which is all that PostgreSQL up to 9.5 has: 10 still knows them too. */
import { beforeAll, describe, expect, it } from 'vitest';
import {
  abandonOnlineBackup,
  beginOnlineBackup,
  endOnlineBackup,
} from '../../src/postgres/backup/online-backup.ts';
import { firstSegmentOf } from '../../src/postgres/backup/backup-label.ts';
import { connect, type Connection } from '../../src/postgres/connection.ts';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { sandboxForTest } from '../support/sandbox.ts';

describe('an exclusive backup', () => {
  let sandbox: Sandbox;
  const { signal } = new AbortController();
  const wish = { label: 'a test', isCheckpointFast: true, usesTemporarySlot: false, signal };

  beforeAll(async () => {
    sandbox = await sandboxForTest({ nodes: 1, build: 'primary', postgresVersion: 10 });
    const location = `${sandbox.directory}/tablespace`;
    await sandbox.run('mkdir', [location]);
    await sandbox.query(1, `CREATE TABLESPACE fast LOCATION '${location}'`);
  });

  /** The connection as it is to a server of 9.5, but for the names of WAL. */
  async function withOldConnection(work: (connection: Connection) => Promise<void>): Promise<void> {
    const connection = await connect(sandbox.node(1).conninfo);
    const { version } = connection;
    const old: Connection = {
      version: { ...version, capabilities: { ...version.capabilities, backupApi: 'exclusive' } },
      host: connection.host,
      address: connection.address,
      port: connection.port,
      conninfo: connection.conninfo,
      query: (sql, parameters, options) => connection.query(sql, parameters, options),
      queryEach: (statements, options) => connection.queryEach(statements, options),
      whenLost: (callback) => connection.whenLost(callback),
      transaction: (action) => connection.transaction(action),
      close: () => connection.close(),
    };
    try {
      await work(old);
    } finally {
      await connection.close();
    }
  }

  const isInBackup = () => sandbox.query(1, 'SELECT pg_is_in_backup() AS is_in_backup');

  it('gives the same files as one of today', async () => {
    await withOldConnection(async (connection) => {
      await beginOnlineBackup(connection, wish);
      const { backupLabel, tablespaceMap, stopLsn } = await endOnlineBackup(connection, signal);
      expect(backupLabel).toContain('LABEL: a test\n');
      expect(firstSegmentOf(backupLabel, 16 * 1024 * 1024).startLsn).toBeLessThan(stopLsn);
      expect(tablespaceMap).toMatch(new RegExp(`^\\d+ ${sandbox.directory}/tablespace\n$`));
    });
    expect(await isInBackup()).toEqual([{ is_in_backup: false }]);
  });

  it('is ended when it is given up, since it would outlive its connection', async () => {
    await withOldConnection(async (connection) => {
      await beginOnlineBackup(connection, wish);
      expect(await isInBackup()).toEqual([{ is_in_backup: true }]);
      expect(await abandonOnlineBackup(connection)).toBeUndefined();
    });
    expect(await isInBackup()).toEqual([{ is_in_backup: false }]);
  });

  it('that somebody else is making is not disturbed, and the statement that would end it is named', async () => {
    await sandbox.query(1, "SELECT pg_start_backup('of somebody', true)");
    await withOldConnection(async (connection) => {
      await expect(beginOnlineBackup(connection, wish)).rejects.toMatchObject({
        code: 'base_backup_failed',
        exitCode: 14,
        detail: expect.stringContaining('already in progress'),
        hint: expect.stringContaining('SELECT pg_stop_backup();'),
      });
    });
    expect(await isInBackup()).toEqual([{ is_in_backup: true }]);
    await sandbox.query(1, 'SELECT pg_stop_backup()');
  });
});
