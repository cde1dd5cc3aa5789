/** What happened to a cluster, as a table, as CSV and as JSON, asked on any node. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { sandboxForTest } from '../support/sandbox.ts';

describe('cluster event', () => {
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await sandboxForTest({ nodes: 2 });
    await sandbox.query(1, 'TRUNCATE repmgr_sandbox.repl_events');
    await sandbox.query(
      1,
      `INSERT INTO repmgr_sandbox.repl_events (node_id, event, successful, event_timestamp, details)
       VALUES (1, 'master_register', true, '2024-05-01 10:00:00', NULL),
              (2, 'standby_register', true, '2024-05-01 10:05:00.5', E'two\\nlines, and a "quote"'),
              (2, 'standby_promote', false, '2024-05-02 11:00:00', 'conninfo "host=a password=s3cret port=1"'),
              (9, 'standby_unregister', true, '2024-05-03 12:00:00', '')`,
    );
    await sandbox.query(
      1,
      `INSERT INTO repmgr_sandbox.repl_events (node_id, event, successful, event_timestamp)
       SELECT 2, 'repmgrd_start', true, timestamp '2023-01-01' + n * interval '1 day'
         FROM generate_series(1, 30) AS n`,
    );
  });
  const events = (...args: string[]) => sandbox.repmgr(1, ['cluster', 'event', ...args]);
  const lineCount = async (...args: string[]) =>
    (await events('--csv', ...args)).stdout.split('\n').length - 1;

  it('prints the newest first, passwords hidden', async () => {
    expect(await events('--limit=4')).toMatchObject({
      exitCode: 0,
      stderr: '',
      stdout: [
        'Node ID | Name  | Event              | OK | Timestamp           | Details',
        '--------+-------|--------------------|----|---------------------|--------------------------------------',
        '9       |       | standby_unregister | t  | 2024-05-03 12:00:00 |',
        '2       | node2 | standby_promote    | f  | 2024-05-02 11:00:00 | conninfo "host=a password=*** port=1"',
        '2       | node2 | standby_register   | t  | 2024-05-01 10:05:00 | two?lines, and a "quote"',
        '1       | node1 | master_register    | t  | 2024-05-01 10:00:00 |',
        '',
      ].join('\n'),
    });
    const compact = await events('--limit=1', '--compact');
    expect(compact.stdout.split('\n')[0]).toBe('Node ID | Name | Event              | OK | Timestamp');
  });

  it('prints 20 unless told otherwise', async () => {
    expect(await lineCount()).toBe(21);
    expect(await lineCount('--limit=3')).toBe(4);
    expect(await lineCount('--all')).toBe(35);
    expect(await lineCount('--all', '--limit=3')).toBe(35);
  });

  it('filters by node and by name of the event', async () => {
    expect((await events('--csv', '--node-id=9')).stdout).toBe(
      '9,,standby_unregister,t,2024-05-03 12:00:00,\n',
    );
    expect(await lineCount('--node=2', '--all')).toBe(33);
    expect(await lineCount('--node-name=node1')).toBe(1);
    expect((await events('--csv', '--event=standby_register')).stdout).toBe(
      '2,node2,standby_register,t,2024-05-01 10:05:00,"two\nlines, and a ""quote"""\n',
    );
    expect(await events('--csv', '--event=standby_register', '--node=1')).toMatchObject({
      exitCode: 0,
      stdout: '',
      stderr: 'NOTICE: no event of that kind is recorded\n',
    });
  });

  it('gives JSON with whole times', async () => {
    const { stdout } = await events('--json', '--node=2', '--event=standby_register');
    expect(JSON.parse(stdout)).toEqual({
      cluster: 'sandbox',
      pause: null,
      events: [
        {
          node_id: 2,
          node_name: 'node2',
          event: 'standby_register',
          successful: true,
          event_timestamp: expect.stringMatching(/^2024-0[45]-\d\dT\d\d:\d\d:00\.500Z$/),
          details: 'two\nlines, and a "quote"',
        },
      ],
    });
  });

  it('asks a standby too', async () => {
    const wanted = (await events('--all')).stdout;
    await expect
      .poll(async () => (await sandbox.repmgr(2, ['cluster', 'event', '--all'])).stdout, { timeout: 20_000 })
      .toBe(wanted);
    const other = await sandbox.repmgr(2, ['--cluster=elsewhere', 'cluster', 'event']);
    expect(other.exitCode).toBe(1);
    expect(other.stderr).toMatch(/^ERROR: schema "repmgr_elsewhere" does not exist\n/);
  });
});
