/** Fence, hold, safe start, start as a standby, restart in place: what PostgreSQL really does then. */
import { readFileSync } from 'node:fs';
import { readdir, readFile, symlink } from 'node:fs/promises';
import { constants } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { MonotonicMs } from '../../src/failover/instant.ts';
import { connect } from '../../src/postgres/connection.ts';
import { findPostmaster } from '../../src/postgres/postmaster.ts';
import { processesOfServer } from '../../src/postgres/server-processes.ts';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { waitUntil } from '../../src/system/clock.ts';
import { effectsOn, placeOf } from '../support/effects.ts';
import { sandboxForTest } from '../support/sandbox.ts';

const id = 1;
const forEver = {
  notAfter: Number.MAX_SAFE_INTEGER as MonotonicMs,
  notAfterBootTimeMs: Number.MAX_SAFE_INTEGER,
};
const tooLate = { notAfter: 0 as MonotonicMs, notAfterBootTimeMs: 0 };

async function isInRecovery(sandbox: Sandbox): Promise<boolean> {
  const [row] = await sandbox.query<{ r: boolean }>(1, 'SELECT pg_is_in_recovery() AS r');
  return row?.r === true;
}

async function setting(sandbox: Sandbox, name: string): Promise<unknown> {
  return (await sandbox.query(1, `SELECT current_setting('${name}') AS value`))[0]?.['value'];
}

describe.each([10, 12, 15, 18])('on PostgreSQL %i', (postgresVersion) => {
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await sandboxForTest({ nodes: 1, postgresVersion });
    await sandbox.query(1, 'CREATE TABLE t (id int)');
  });

  it('a fenced primary is down at once, starts read-only, and is writable again on its timeline', async () => {
    const effects = await effectsOn(sandbox, 1);
    await effects.perform({ kind: 'armSafeStart', id });
    await sandbox.query(1, 'INSERT INTO t SELECT generate_series(1, 1000)');
    const down = await effects.perform({ kind: 'fence', id });
    expect(down).toMatchObject({ kind: 'down', timeline: [{ timelineId: 1, beganAt: 0 }] });
    expect(await findPostmaster(sandbox.node(1).dataDirectory)).toBeUndefined();
    await effects.perform({ kind: 'startAsStandby', id });
    expect(await isInRecovery(sandbox)).toBe(true);
    expect(await setting(sandbox, 'restart_after_crash')).toBe('on');
    await effects.perform({ kind: 'restartInPlace', id, ...forEver });
    expect(await isInRecovery(sandbox)).toBe(false);
    const sql = `SELECT count(*)::int AS n, (SELECT timeline_id FROM pg_control_checkpoint()) AS t FROM t`;
    expect(await sandbox.query(1, sql)).toEqual([{ n: 1000, t: 1 }]);
  });

  it('a crash that it restarts from in place loses nothing, and too late it is not restarted', async () => {
    const effects = await effectsOn(sandbox, 1);
    await sandbox.query(1, 'INSERT INTO t VALUES (0)');
    await sandbox.kill(1);
    expect(await effects.perform({ kind: 'takeDown', id })).toMatchObject({ kind: 'down' });
    await expect(effects.perform({ kind: 'restartInPlace', id, ...tooLate })).rejects.toThrow(
      /contact had ended/,
    );
    expect(await findPostmaster(sandbox.node(1).dataDirectory)).toBeUndefined();
    await effects.perform({ kind: 'restartInPlace', id, ...forEver });
    expect(await sandbox.query(1, 'SELECT count(*)::int AS n FROM t')).toEqual([{ n: 1001 }]);
    // The next start is a safe one again; up to 11 there is none.
    const files = await readdir(sandbox.node(1).dataDirectory);
    expect(files.includes('standby.signal')).toBe(postgresVersion >= 12);
  });

  it('held commits wait, local ones do not, and all go through when they are released', async () => {
    const effects = await effectsOn(sandbox, 1);
    await sandbox.query(1, "ALTER SYSTEM SET synchronous_standby_names = ''");
    expect(await effects.perform({ kind: 'hold', id })).toEqual({ kind: 'holdInForce' });
    const client = await connect(sandbox.node(1).conninfo);
    let isDone = false;
    const commit = client
      .query('BEGIN; SET LOCAL synchronous_commit = on; INSERT INTO t VALUES (1); COMMIT')
      .then(() => {
        isDone = true;
      });
    expect(await effects.perform({ kind: 'writeWal', id })).toMatchObject({ kind: 'walWritten' });
    expect(isDone).toBe(false);
    await effects.perform({ kind: 'release', id, synchronousStandbyNames: '' });
    await commit;
    await client.close();
    expect(await setting(sandbox, 'synchronous_standby_names')).toBe('');
  });

  it('what safe start and a hold replaced is given back', async () => {
    const effects = await effectsOn(sandbox, 1);
    await sandbox.query(1, "ALTER SYSTEM SET synchronous_standby_names = 'some_standby'");
    await sandbox.query(1, 'ALTER SYSTEM SET restart_after_crash = on');
    await effects.perform({ kind: 'armSafeStart', id });
    await effects.perform({ kind: 'hold', id });
    await effects.perform({ kind: 'release', id, synchronousStandbyNames: 'some_standby' });
    await effects.perform({ kind: 'disarmSafeStart', id, restartAfterCrash: 'on' });
    const auto = await readFile(join(sandbox.node(1).dataDirectory, 'postgresql.auto.conf'), 'utf8');
    expect(auto).toContain("synchronous_standby_names = 'some_standby'");
    expect(auto).toContain("restart_after_crash = 'on'");
    expect(auto).not.toMatch(/repmgr_hold|repmgr\.replaced/);
  });

  it('a shutdown in good order ends in "down" too, with all WAL', async () => {
    const effects = await effectsOn(sandbox, 1);
    const down = await effects.perform({ kind: 'shutDown', id });
    expect(down).toMatchObject({ kind: 'down', timeline: [{ timelineId: 1, beganAt: 0 }] });
  });
});

it('a primary whose start is a safe one comes up read-only, whoever starts it', async () => {
  const sandbox = await sandboxForTest({ nodes: 1 });
  const effects = await effectsOn(sandbox, 1);
  await effects.perform({ kind: 'armSafeStart', id });
  await sandbox.kill(1);
  await sandbox.start(1);
  expect(await isInRecovery(sandbox)).toBe(true);
});

it('a crashed backend ends a primary whose next start is a safe one', async () => {
  const sandbox = await sandboxForTest({ nodes: 1 });
  const { dataDirectory } = sandbox.node(1);
  const effects = await effectsOn(sandbox, 1);
  await effects.perform({ kind: 'armSafeStart', id });
  const reloaded = async () => ((await setting(sandbox, 'restart_after_crash')) === 'off' ? true : undefined);
  await waitUntil(reloaded, { deadlineMs: 5_000 });
  const client = await connect(sandbox.node(1).conninfo);
  const [row] = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  process.kill(row?.pid ?? 0, 'SIGKILL');
  const isGone = async () => ((await findPostmaster(dataDirectory)) === undefined ? true : undefined);
  expect(await waitUntil(isGone, { deadlineMs: 5_000, intervalMs: 10 })).toBe(true);
  await client.close();
});

it('a recovery target that was left behind is refused: the next start would be none', async () => {
  const sandbox = await sandboxForTest({ nodes: 1, postgresqlConf: { recovery_target_time: '2020-01-01' } });
  const effects = await effectsOn(sandbox, 1);
  await expect(effects.perform({ kind: 'armSafeStart', id })).rejects.toThrow(/recovery_target_time is set/);
});

it('an orphan that computes on after its postmaster is ended as well', async () => {
  const sandbox = await sandboxForTest({ nodes: 1 });
  const { dataDirectory } = sandbox.node(1);
  const effects = await effectsOn(sandbox, 1);
  const client = await connect(sandbox.node(1).conninfo);
  const busy = client.query('SELECT count(*) FROM generate_series(1, 1000000000)').catch(() => undefined);
  const computes = async () => {
    const found = await sandbox.query(
      1,
      "SELECT 1 FROM pg_stat_activity WHERE query LIKE '%generate_series%' AND state = 'active' AND pid <> pg_backend_pid()",
    );
    return found.length > 0 ? true : undefined;
  };
  expect(await waitUntil(computes, { deadlineMs: 5_000, intervalMs: 20 })).toBe(true);
  const postmaster = await findPostmaster(dataDirectory);
  process.kill(postmaster?.pid ?? 0, 'SIGKILL');
  const isOrphaned = async () => ((await findPostmaster(dataDirectory)) === undefined ? true : undefined);
  await waitUntil(isOrphaned, { deadlineMs: 5_000, intervalMs: 5 });
  // Also where repmgr.conf names the directory by a symbolic link.
  const link = join(sandbox.directory, 'link');
  await symlink(dataDirectory, link);
  expect((await processesOfServer(link, undefined)).length).toBeGreaterThan(0);
  await effects.perform({ kind: 'takeDown', id });
  expect(await processesOfServer(placeOf(sandbox, 1).dataDirectory, undefined)).toEqual([]);
  await busy;
  await client.close();
});

it('a server of which every process is stopped is fenced too, and told to end before anything is waited for', async () => {
  const sandbox = await sandboxForTest({ nodes: 1 });
  const effects = await effectsOn(sandbox, 1);
  const client = await connect(sandbox.node(1).conninfo);
  const [backend] = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  const postmaster = await findPostmaster(sandbox.node(1).dataDirectory);
  await sandbox.freeze(1);
  const fenced = effects.perform({ kind: 'fence', id });
  expect([postmaster?.pid, backend?.pid].map((pid) => isQuitPending(pid ?? 0))).toEqual([true, true]);
  expect(await fenced).toMatchObject({ kind: 'down' });
  await client.close();
  expect(await findPostmaster(sandbox.node(1).dataDirectory)).toBeUndefined();
});

/** Of a process that is stopped: SIGQUIT waits for it, as a bit of a mask in hexadecimal digits. */
function isQuitPending(pid: number): boolean {
  const [, mask = '0'] = /^ShdPnd:\s*(\w+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return (BigInt(`0x${mask}`) & (1n << BigInt(constants.signals.SIGQUIT - 1))) !== 0n;
}
