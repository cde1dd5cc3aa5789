/** Promotion, in time or not at all, and what follows it: other standbys, the old primary, the metadata. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { readWalTail } from '../../src/daemon/perform/wal-tail.ts';
import type { PerformedAction } from '../../src/daemon/perform/perform.ts';
import { holdName } from '../../src/failover/hold.ts';
import type { MonotonicMs } from '../../src/failover/instant.ts';
import type { Term } from '../../src/failover/term.ts';
import type { NodeId } from '../../src/model/node.ts';
import type { TimelineId } from '../../src/model/timeline.ts';
import { connect } from '../../src/postgres/connection.ts';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { waitUntil } from '../../src/system/clock.ts';
import { effectsOn, placeOf } from '../support/effects.ts';
import { sandboxForTest } from '../support/sandbox.ts';

const two = 2 as NodeId;
type Promotion = Extract<PerformedAction, { readonly kind: 'promote' }>;

function promotion(changes: Partial<Promotion> = {}): Promotion {
  return {
    kind: 'promote',
    id: 1,
    term: 2,
    nextTimeline: 2 as TimelineId,
    notAfter: Number.MAX_SAFE_INTEGER as MonotonicMs,
    notAfterBootTimeMs: Number.MAX_SAFE_INTEGER,
    synchronousStandbyNames: null,
    ...changes,
  };
}

async function rowsOn(sandbox: Sandbox, id: number, expected: number): Promise<true | undefined> {
  const condition = async () => {
    const [row] = await sandbox.query<{ n: number }>(id, 'SELECT count(*)::int AS n FROM t');
    return row?.n === expected ? true : undefined;
  };
  return await waitUntil(condition, { deadlineMs: 10_000, intervalMs: 20 });
}

describe.each([10, 12, 15, 18])('on PostgreSQL %i', (postgresVersion) => {
  it('after a crash a standby takes over with all WAL, the other follows, the old primary returns without a rewind', async () => {
    const sandbox = await sandboxForTest({ nodes: 3, postgresVersion });
    const former = await effectsOn(sandbox, 1);
    const winner = await effectsOn(sandbox, 2, {
      fetchWal: (_from, request) => readWalTail(request, placeOf(sandbox, 1)),
    });
    const other = await effectsOn(sandbox, 3);
    await sandbox.query(1, 'CREATE TABLE t (id int)');
    await Promise.all([winner.perform({ kind: 'freeze', id: 1 }), other.perform({ kind: 'freeze', id: 1 })]);
    await sandbox.query(1, 'INSERT INTO t SELECT generate_series(1, 1000)');
    await sandbox.kill(1);
    const down = await former.perform({ kind: 'takeDown', id: 1 });
    if (down.kind !== 'down' || down.timeline === null || down.endOfWal === null) throw new Error('no WAL');
    const path = down.timeline.map((mark) => ({ ...mark, term: 1 as Term }));
    const position = { path, lsn: down.endOfWal, isExact: true };
    await winner.perform({ kind: 'fetchWal', id: 2, from: 1 as NodeId, position });
    expect(await winner.perform(promotion())).toMatchObject({
      kind: 'promoted',
      timeline: [
        { timelineId: 1, beganAt: 0 },
        { timelineId: 2, beganAt: down.endOfWal },
      ],
    });
    await winner.perform({ kind: 'writeMetadata', term: 2 });
    await other.perform({ kind: 'follow', id: 4, node: two });
    await former.perform({ kind: 'startAsStandby', id: 5 });
    await former.perform({ kind: 'follow', id: 6, node: two });
    await sandbox.query(2, 'INSERT INTO t VALUES (0)');
    expect(await rowsOn(sandbox, 1, 1001)).toBe(true);
    expect(await rowsOn(sandbox, 3, 1001)).toBe(true);
    const sql = 'SELECT id, type, upstream_node_id AS up, active FROM repmgr_sandbox.repl_nodes ORDER BY id';
    const recorded = async () => {
      const rows = await sandbox.query(2, sql);
      return rows[0]?.['type'] === 'standby' ? rows : undefined;
    };
    expect(await waitUntil(recorded, { deadlineMs: 5_000 })).toEqual([
      { id: 1, type: 'standby', up: 2, active: true },
      { id: 2, type: 'master', up: null, active: true },
      { id: 3, type: 'standby', up: 2, active: true },
    ]);
    const [cluster] = await sandbox.query(2, 'SELECT term, leader FROM repmgr_sandbox.repmgr_cluster');
    expect(cluster).toEqual({ term: '2', leader: 2 });
  });
});

describe('a promotion', () => {
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await sandboxForTest({ nodes: 2 });
    await sandbox.query(1, 'CREATE TABLE t AS SELECT generate_series(1, 1000) AS id');
  });

  it('is not begun on a primary, too late by either clock, or when something else was asked for', async () => {
    const primary = await effectsOn(sandbox, 1);
    await expect(primary.perform(promotion())).rejects.toThrow(/not run as a standby/);
    const standby = await effectsOn(sandbox, 2);
    for (const late of [{ notAfter: 0 as MonotonicMs }, { notAfterBootTimeMs: 0 }]) {
      await expect(standby.perform(promotion(late))).rejects.toMatchObject({ name: 'ActionNotBegun' });
    }
    const aborted = new AbortController();
    aborted.abort();
    await expect(standby.perform(promotion(), aborted.signal)).rejects.toThrow();
    expect(await sandbox.query(2, 'SELECT pg_is_in_recovery() AS r')).toEqual([{ r: true }]);
  });

  it('by a command that fails, or does not end, fails and says so', async () => {
    const { context } = await effectsOn(sandbox, 2);
    const withCommand = async (promoteCommand: string) => {
      const config = { ...context.config, promoteCommand, promoteCheckTimeoutMs: 500 };
      return await (await effectsOn(sandbox, 2, { config })).perform(promotion());
    };
    await expect(withCommand('echo "$REPMGR_DAEMON_ACTION" is no good >&2; false')).rejects.toMatchObject({
      message: 'promote_command failed with exit code 1',
      detail: expect.stringContaining('promote is no good') as string,
    });
    await expect(withCommand('sleep 60')).rejects.toThrow(/did not end in promote_check_timeout/);
    expect(await sandbox.query(2, 'SELECT pg_is_in_recovery() AS r')).toEqual([{ r: true }]);
  });

  it('lets a command take its time that reads from the standby, where replay waits for nobody', async () => {
    const { context } = await effectsOn(sandbox, 2);
    const asks = `'${sandbox.binDirectory}/psql' '${sandbox.node(2).conninfo}' -c 'SELECT pg_sleep(0.8)' && exit 3`;
    const config = { ...context.config, promoteCommand: asks };
    const effects = await effectsOn(sandbox, 2, { config });
    await expect(effects.perform(promotion())).rejects.toThrow('promote_command failed with exit code 3');
  });

  it('ends the readers that hold up replay, and takes the name of a hold away that came with a clone', async () => {
    await sandbox.query(2, "ALTER SYSTEM SET max_standby_streaming_delay = '-1'");
    await sandbox.query(2, `ALTER SYSTEM SET synchronous_standby_names = '${holdName}'`);
    await sandbox.query(2, 'SELECT pg_reload_conf()');
    const reader = await connect(sandbox.node(2).conninfo);
    await reader.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
    await reader.query('SELECT count(*) FROM t');
    await sandbox.query(1, 'DELETE FROM t');
    await sandbox.query(1, 'VACUUM t');
    const effects = await effectsOn(sandbox, 2);
    const conflict = async () => {
      const sql =
        "SELECT 1 FROM pg_stat_activity WHERE backend_type = 'startup' AND wait_event LIKE 'RecoveryConflict%'";
      return (await sandbox.query(2, sql)).length > 0 ? true : undefined;
    };
    expect(await waitUntil(conflict, { deadlineMs: 10_000, intervalMs: 20 })).toBe(true);
    await sandbox.kill(1);
    expect(await effects.perform(promotion())).toMatchObject({ kind: 'promoted' });
    expect(effects.lines.join('\n')).toMatch(/ended 1 session that held up the promotion/);
    expect(await sandbox.query(2, 'SELECT count(*)::int AS n FROM t')).toEqual([{ n: 0 }]);
    const auto = await readFile(join(sandbox.node(2).dataDirectory, 'postgresql.auto.conf'), 'utf8');
    expect(auto).not.toContain(holdName);
    await reader.close();
  });
});

it('the names of a synchronous quorum are in force before the first commit of a new primary', async () => {
  const sandbox = await sandboxForTest({ nodes: 2 });
  const effects = await effectsOn(sandbox, 2);
  await sandbox.kill(1);
  await effects.perform(promotion({ synchronousStandbyNames: { names: [1 as NodeId], required: 1 } }));
  expect(await sandbox.query(2, "SELECT current_setting('synchronous_standby_names') AS n")).toEqual([
    { n: 'ANY 1 ("node1")' },
  ]);
  const client = await connect(sandbox.node(2).conninfo);
  const commit = client.query('BEGIN; SET LOCAL synchronous_commit = on; CREATE TABLE t (); COMMIT');
  commit.catch(() => undefined);
  const waits = async () => {
    const found = await sandbox.query(2, "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'SyncRep'");
    return found.length > 0 ? true : undefined;
  };
  expect(await waitUntil(waits, { deadlineMs: 5_000 })).toBe(true);
  expect(
    await effects.perform({
      kind: 'setSynchronousNames',
      id: 2,
      names: { names: [], required: 0 },
      removed: [1 as NodeId],
    }),
  ).toEqual({ kind: 'namesWritten', synchronousStandbyNames: '' });
  await commit;
  await client.close();
});

it('follow_command is told the node to follow, and its failure is one', async () => {
  const sandbox = await sandboxForTest({ nodes: 2 });
  const { context } = await effectsOn(sandbox, 2);
  const told = join(sandbox.directory, 'told');
  await writeFile(told, '', { mode: 0o666 });
  const withCommand = async (followCommand: string) => {
    const config = { ...context.config, followCommand };
    return await (await effectsOn(sandbox, 2, { config })).perform({
      kind: 'follow',
      id: 1,
      node: 1 as NodeId,
    });
  };
  await expect(withCommand(`echo %n; false`)).rejects.toThrow('follow_command failed with exit code 1');
  expect(await withCommand(`echo %n > '${told}'`)).toEqual({ kind: 'done' });
  expect(await readFile(told, 'utf8')).toBe('1\n');
});

it('a standby that uses slots makes its own on the node that it follows', async () => {
  const sandbox = await sandboxForTest({ nodes: 3, repmgrConf: { use_replication_slots: '1' } });
  const effects = await effectsOn(sandbox, 3);
  await effects.perform({ kind: 'follow', id: 1, node: two });
  const slots = () => sandbox.query(2, 'SELECT slot_name, active FROM pg_replication_slots');
  const isActive = async () => ((await slots())[0]?.['active'] === true ? true : undefined);
  const found = await waitUntil(isActive, { deadlineMs: 20_000 });
  const log = (await readFile(sandbox.node(3).logFile, 'utf8')).split('\n').slice(-20).join('\n');
  expect(found, log).toBe(true);
  expect(await slots()).toEqual([{ slot_name: 'repmgr_slot_3', active: true }]);
});

it('other servers are told apart: writable, a standby, hanging, gone, not recorded', async () => {
  const sandbox = await sandboxForTest({ nodes: 3 });
  const effects = await effectsOn(sandbox, 2);
  const ask = async (...nodes: number[]) =>
    await effects.perform({ kind: 'askServers', id: 1, nodes: nodes as NodeId[], withinMs: 1_000 });
  expect(await ask(1, 3, 9)).toMatchObject({
    answers: [
      [1, 'writable'],
      [3, 'inRecovery'],
      [9, 'silent'],
    ],
  });
  await sandbox.freeze(3);
  const before = performance.now();
  const answered = await effects.perform({ kind: 'askServers', id: 2, nodes: [3 as NodeId], withinMs: 200 });
  expect(answered).toMatchObject({ answers: [[3, 'silent']] });
  expect(performance.now() - before).toBeLessThan(1_000);
  await sandbox.kill(1);
  expect(await ask(1)).toMatchObject({ answers: [[1, 'silent']] });
});

it('a repmgr that repmgrd runs leaves metadata and events to it', async () => {
  const sandbox = await sandboxForTest({ nodes: 3 });
  await sandbox.kill(1);
  const run = async (id: number, args: readonly string[], action: string) =>
    await sandbox.repmgr(id, args, { env: { REPMGR_DAEMON_ACTION: action } });
  const promoted = await run(2, ['standby', 'promote', '--force'], 'promote');
  expect(promoted).toMatchObject({ exitCode: 0 });
  expect(promoted.stderr).toContain('is the primary now');
  const rows = async () =>
    await sandbox.query(
      2,
      'SELECT id, type, upstream_node_id AS up FROM repmgr_sandbox.repl_nodes ORDER BY id',
    );
  const before = [
    { id: 1, type: 'master', up: null },
    { id: 2, type: 'standby', up: 1 },
    { id: 3, type: 'standby', up: 1 },
  ];
  expect(await rows()).toEqual(before);
  const events = await sandbox.query(
    2,
    "SELECT 1 FROM repmgr_sandbox.repl_events WHERE event IN ('standby_promote', 'standby_follow')",
  );
  expect(events).toEqual([]);
});
