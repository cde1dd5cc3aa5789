/** The protocol method where the answer to BASE_BACKUP has another form: the other versions of PostgreSQL. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sandboxForTest } from '../support/sandbox.ts';

describe.each([
  { postgresVersion: 10, isVerified: false },
  { postgresVersion: 13, isVerified: true },
  { postgresVersion: 16, isVerified: true },
  { postgresVersion: 18, isVerified: true },
])('on PostgreSQL $postgresVersion', ({ postgresVersion, isVerified }) => {
  it('a copy has all tablespaces, each in its new place, and a node that has one already keeps to it', async () => {
    const sandbox = await sandboxForTest({
      nodes: 2,
      postgresVersion,
      build: 'primary',
      repmgrConf: { use_replication_slots: '0' },
    });
    const place = (name: string) => join(sandbox.directory, name);
    for (const name of ['one', 'two']) {
      await sandbox.run('mkdir', [place(name)]);
      await sandbox.query(1, `CREATE TABLESPACE ${name} LOCATION '${place(name)}'`);
      await sandbox.query(
        1,
        `CREATE TABLE in_${name} TABLESPACE ${name} AS SELECT generate_series(1, 500) AS id`,
      );
      const mapping = `tablespace_mapping='${place(name)}=${place(`${name}-of-node2`)}'`;
      await sandbox.run('sh', ['-c', 'echo "$1" >> "$2"', 'sh', mapping, sandbox.node(2).configFile]);
    }
    await sandbox.repmgr(1, ['primary', 'register']);

    const clone = (...args: string[]) =>
      sandbox.repmgr(2, [
        ...['-h', '127.0.0.1', '-p', String(sandbox.node(1).port), '--backup-method=protocol', '-c', '-v'],
        ...['standby', 'clone', ...args],
      ]);
    const rowsOfStandby = async () => {
      await sandbox.start(2);
      const rows = await sandbox.query(
        2,
        'SELECT (SELECT count(*) FROM in_one)::int AS one, (SELECT count(*) FROM in_two)::int AS two, pg_is_in_recovery() AS standby',
      );
      await sandbox.stop(2);
      return rows;
    };
    const all = [{ one: 500, two: 500, standby: true }];

    const first = await clone();
    expect(first.exitCode, first.stderr).toBe(0);
    expect(first.stderr.includes('agree with the manifest of the base backup')).toBe(isVerified);
    expect(await rowsOfStandby()).toEqual(all);

    const again = await clone('--force');
    expect(again.exitCode, again.stderr).toBe(0);
    expect(await rowsOfStandby()).toEqual(all);
    const left = await sandbox.run('find', [sandbox.directory, '-name', 'repmgr_clone_*']);
    expect(left.stdout).toBe('');
  });
});
