/** Promotions that fail half-way: what is said, what is so, and that the command in the HINT repairs it. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { interruptRepmgr } from '../support/interrupted.ts';
import { sandboxForTest } from '../support/sandbox.ts';
import { withSettings } from '../support/sandbox-files.ts';

const rows = (sandbox: Sandbox) =>
  sandbox.query(2, 'SELECT id, type, active FROM repmgr_sandbox.repl_nodes ORDER BY id');
const before = [
  { id: 1, type: 'master', active: true },
  { id: 2, type: 'standby', active: true },
];
const after = [
  { id: 1, type: 'master', active: false },
  { id: 2, type: 'master', active: true },
];
const isStandby = async (sandbox: Sandbox) => {
  const [row] = await sandbox.query<{ it: boolean }>(2, 'SELECT pg_is_in_recovery() AS it');
  return row?.it;
};

/** What a user types who reads the HINT. */
async function runHint(sandbox: Sandbox, stderr: string) {
  const command = /repmgr -f (\S+) (primary register --force)/.exec(stderr);
  expect(command, stderr).not.toBeNull();
  return sandbox.repmgr(2, ['-f', command?.[1] ?? '', ...(command?.[2] ?? '').split(' ')]);
}

describe('a promotion that goes wrong', () => {
  it('by a service command that fails or hangs leaves a standby; one that promoted all the same is a promotion', async () => {
    const sandbox = await sandboxForTest({ nodes: 2 });
    const events = join(sandbox.directory, 'events');
    const withCommand = async (command: string) =>
      sandbox.repmgr(2, [
        ...(await withSettings(sandbox, 2, {
          service_promote_command: command,
          promote_check_timeout: '2',
          event_notification_command: `echo "%e %s %d" >> ${events}`,
        })),
        'standby',
        'promote',
      ]);
    await sandbox.kill(1);

    const failed = await withCommand('echo no such service >&2; exit 3');
    expect(failed.exitCode).toBe(4);
    expect(failed.stderr).toMatch(
      /ERROR: the command to promote the server failed with exit code 3\nDETAIL: The command was: .*\nDETAIL: no such service\n/,
    );

    const child = join(sandbox.directory, 'child');
    const startedAtMs = performance.now();
    const hanging = await withCommand(`sleep 300 & echo $! > ${child}; wait`);
    expect(hanging.exitCode).toBe(4);
    expect(hanging.stderr).toMatch(/ERROR: the command to promote the server did not end within 2 seconds\n/);
    expect(performance.now() - startedAtMs).toBeLessThan(8_000);
    const childId = (await readFile(child, 'utf8')).trim();
    await expect
      .poll(() => readFile(`/proc/${childId}/stat`, 'utf8').catch(() => 'gone Z'), { timeout: 5_000 })
      .toMatch(/gone|\) [ZX] /);
    expect(await isStandby(sandbox)).toBe(true);
    expect(await rows(sandbox)).toEqual(before);
    expect(await readFile(events, 'utf8')).toBe(
      [
        'standby_promote 0 the command to promote the server failed with exit code 3',
        'standby_promote 0 the command to promote the server did not end within 2 seconds',
        '',
      ].join('\n'),
    );

    const { binDirectory } = sandbox;
    const odd = await withCommand(
      `${binDirectory}/pg_ctl -w -D ${sandbox.node(2).dataDirectory} promote; exit 1`,
    );
    expect(odd).toMatchObject({ exitCode: 0 });
    expect(odd.stderr).toMatch(/WARNING: the server was promoted, although its command failed\n/);
    expect(await rows(sandbox)).toEqual(after);
  });

  it('after the server was promoted says so, and the command that it names corrects the metadata', async () => {
    const sandbox = await sandboxForTest({ nodes: 2 });
    await sandbox.query(
      1,
      `CREATE FUNCTION repmgr_sandbox.refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''not now''; END'`,
    );
    await sandbox.query(
      1,
      'CREATE TRIGGER refuse BEFORE UPDATE ON repmgr_sandbox.repl_nodes FOR EACH ROW EXECUTE PROCEDURE repmgr_sandbox.refuse()',
    );
    await expect
      .poll(() => sandbox.query(2, `SELECT 1 AS arrived FROM pg_trigger WHERE tgname = 'refuse'`))
      .toHaveLength(1);
    await sandbox.kill(1);

    const failed = await sandbox.repmgr(2, ['standby', 'promote']);
    expect(failed.exitCode).toBe(7);
    expect(failed.stderr).toMatch(
      /ERROR: node "node2" \(ID: 2\) is promoted and accepts writes, but the metadata do not say so\nDETAIL: .*not now\n/,
    );
    expect(failed.stderr).toContain('HINT: Do not promote another node.');
    expect(await isStandby(sandbox)).toBe(false);
    expect(await rows(sandbox)).toEqual(before);

    const stillRefused = await runHint(sandbox, failed.stderr);
    expect(stillRefused.exitCode).toBe(7);
    await sandbox.query(2, 'DROP TRIGGER refuse ON repmgr_sandbox.repl_nodes');
    const again = await sandbox.repmgr(2, ['standby', 'promote']);
    expect(again.exitCode).toBe(1);
    expect(again.stderr).toContain('ERROR: the local server is a primary already');
    expect(await runHint(sandbox, again.stderr)).toMatchObject({ exitCode: 0 });
    expect(await rows(sandbox)).toEqual(after);
    expect((await sandbox.repmgr(2, ['cluster', 'show'])).stdout).toContain('* master  | node2');
  });

  it('because a query holds up the replay says which, ends with 11, and can be finished later', async () => {
    const sandbox = await sandboxForTest({
      nodes: 2,
      postgresqlConf: { max_standby_streaming_delay: '-1', hot_standby_feedback: 'off' },
    });
    await sandbox.query(1, 'CREATE TABLE t AS SELECT 1 AS id');
    await expect
      .poll(() => sandbox.query(2, `SELECT to_regclass('t') IS NOT NULL AS is_there`))
      .toEqual([{ is_there: true }]);
    const reader = sandbox.query(
      2,
      `BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT pg_sleep(300) FROM t; COMMIT`,
    );
    const ended = expect(reader).rejects.toThrow();
    const pids = `SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep'`;
    await expect.poll(() => sandbox.query(2, pids)).toHaveLength(1);
    await sandbox.query(1, 'DELETE FROM t');
    await sandbox.query(1, 'VACUUM t');
    await sandbox.query(1, 'CREATE TABLE later AS SELECT 1 AS id');
    const conflict = `SELECT 1 FROM pg_stat_activity WHERE wait_event LIKE 'RecoveryConflict%'`;
    await expect.poll(() => sandbox.query(2, conflict), { timeout: 20_000 }).toHaveLength(1);
    await sandbox.kill(1);

    const [blocker] = await sandbox.query<{ pid: number }>(2, pids);
    const impatient = await withSettings(sandbox, 2, { promote_check_timeout: '1500ms' });
    const late = await sandbox.repmgr(2, [...impatient, 'standby', 'promote']);
    expect(late.exitCode).toBe(11);
    expect(late.stderr).toMatch(
      /ERROR: the server was told to promote, but does not accept writes after 1\.5 seconds\nDETAIL: At the last look: it replays WAL, .* are left/,
    );
    expect(late.stderr).toMatch(
      new RegExp(
        `held up \\(RecoveryConflict\\w+\\) by one of the sessions with open transactions: ${blocker?.pid}\\.`,
      ),
    );
    expect(late.stderr).toContain('The order cannot be taken back');
    expect(await isStandby(sandbox)).toBe(true);

    const interrupted = await interruptRepmgr(
      sandbox,
      2,
      ['--verbose', 'standby', 'promote'],
      /INFO: waiting up to 60 seconds/,
    );
    expect(interrupted.exitCode).toBe(130);
    expect(interrupted.stderr).toMatch(
      /ERROR: the promotion was interrupted\nDETAIL: .* cannot be taken back; /,
    );
    expect(await isStandby(sandbox)).toBe(true);
    expect(await rows(sandbox)).toEqual(before);

    await sandbox.query(2, `SELECT pg_terminate_backend(${blocker?.pid})`);
    await ended;
    await expect.poll(() => isStandby(sandbox), { timeout: 20_000 }).toBe(false);
    expect(await runHint(sandbox, late.stderr)).toMatchObject({ exitCode: 0 });
    expect(await rows(sandbox)).toEqual(after);
  });

  it('a delayed standby replays at once what it holds, and is promoted', async () => {
    const sandbox = await sandboxForTest({ nodes: 2 });
    await sandbox.query(2, `ALTER SYSTEM SET recovery_min_apply_delay = '1h'`);
    await sandbox.query(2, 'SELECT pg_reload_conf()');
    await expect
      .poll(() => sandbox.query(2, 'SHOW recovery_min_apply_delay'))
      .toEqual([{ recovery_min_apply_delay: '1h' }]);
    await sandbox.query(1, 'CREATE TABLE t AS SELECT generate_series(1, 20000) AS id');
    const held = 'SELECT pg_last_wal_receive_lsn() > pg_last_wal_replay_lsn() AS holds';
    await expect.poll(() => sandbox.query(2, held)).toEqual([{ holds: true }]);
    await sandbox.kill(1);
    const dryRun = await sandbox.repmgr(2, ['standby', 'promote', '--dry-run']);
    expect(dryRun.stdout).toMatch(/of WAL are to be replayed first, no longer delayed by 1h\n/);
    expect(await sandbox.repmgr(2, ['standby', 'promote'])).toMatchObject({ exitCode: 0 });
    expect(await sandbox.query(2, 'SELECT count(*)::int AS rows FROM t')).toEqual([{ rows: 20_000 }]);
  });

  it('by a role that is no superuser works as far as PostgreSQL lets it', async () => {
    const sandbox = await sandboxForTest({ nodes: 2 });
    await sandbox.query(1, 'ALTER ROLE repmgr REPLICATION');
    await sandbox.query(1, 'ALTER ROLE repmgr NOSUPERUSER');
    await expect
      .poll(() => sandbox.query(2, `SELECT rolsuper AS is_super FROM pg_roles WHERE rolname = 'repmgr'`))
      .toEqual([{ is_super: false }]);
    await sandbox.query(2, `SELECT pg_create_physical_replication_slot('repmgr_slot_7')`);
    await sandbox.kill(1);
    const unknown = await withSettings(sandbox, 2, { data_directory: undefined });
    const nowhere = await sandbox.repmgr(2, [...unknown, 'standby', 'promote']);
    expect(nowhere.exitCode).toBe(1);
    expect(nowhere.stderr).toMatch(/^ERROR: the data directory of the local server is not known\n/);
    const promoted = await sandbox.repmgr(2, ['--verbose', 'standby', 'promote']);
    expect(promoted).toMatchObject({ exitCode: 0 });
    expect(promoted.stderr).toContain('DETAIL: promote the local server: run "pg_ctl promote ');
    expect(promoted.stderr).toMatch(
      /INFO: no checkpoint was made; .*\nDETAIL: The role is neither superuser/,
    );
    expect(await rows(sandbox)).toEqual(after);
  });
});
