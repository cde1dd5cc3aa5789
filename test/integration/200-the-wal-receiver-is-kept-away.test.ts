/** Freezing: no WAL receiver is there, none comes back, over restarts too; and where the WAL ends then. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { WalEndReader } from '../../src/daemon/observe/end-of-wal.ts';
import { ServerWatch } from '../../src/daemon/observe/server-watch.ts';
import type { MonotonicMs } from '../../src/failover/instant.ts';
import type { ServerObservation } from '../../src/failover/server-observation.ts';
import type { Term } from '../../src/failover/term.ts';
import { createLogger } from '../../src/log/sinks.ts';
import { parseLsn } from '../../src/model/lsn.ts';
import type { NodeId } from '../../src/model/node.ts';
import type { TimelineId } from '../../src/model/timeline.ts';
import { readConninfo } from '../../src/postgres/conninfo-defaults.ts';
import { findPostmaster } from '../../src/postgres/postmaster.ts';
import { walReceiversOf } from '../../src/postgres/wal-receiver-process.ts';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { waitUntil } from '../../src/system/clock.ts';
import { type Effects, effectsOn, placeOf } from '../support/effects.ts';
import { sandboxForTest } from '../support/sandbox.ts';

const freeze = { kind: 'freeze', id: 1 } as const;

async function streams(sandbox: Sandbox): Promise<true | undefined> {
  const found = await sandbox.query(2, "SELECT 1 FROM pg_stat_wal_receiver WHERE status = 'streaming'");
  return found.length > 0 ? true : undefined;
}

/** For longer than it takes a startup process that pauses to try again. */
async function expectNoReceiver(sandbox: Sandbox): Promise<void> {
  const postmaster = await findPostmaster(sandbox.node(2).dataDirectory);
  const receivers = async () => (await walReceiversOf(postmaster?.pid ?? 0))[0];
  expect(await waitUntil(receivers, { deadlineMs: 1_500, intervalMs: 2 })).toBeUndefined();
}

async function conninfoInForce(sandbox: Sandbox, effects: Effects): Promise<string> {
  const isRecoveryConf = effects.context.server?.version.capabilities.recoverySettingsIn === 'recovery.conf';
  const file = isRecoveryConf ? 'recovery.conf' : 'postgresql.auto.conf';
  const text = await readFile(join(sandbox.node(2).dataDirectory, file), 'utf8');
  return /^primary_conninfo = '(.*)'$/m.exec(text)?.[1]?.replaceAll("''", "'") ?? '';
}

describe.each([10, 12, 15, 18])('on PostgreSQL %i', (postgresVersion) => {
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await sandboxForTest({ nodes: 2, postgresVersion });
  });

  it('a frozen standby receives nothing more, and says where its WAL ends', async () => {
    const effects = await effectsOn(sandbox, 2);
    const frozen = await effects.perform(freeze);
    if (postgresVersion < 13) await expectNoReceiver(sandbox);
    expect(await sandbox.query(2, 'SELECT pid FROM pg_stat_wal_receiver')).toEqual([]);
    expect(frozen).toMatchObject({
      kind: 'frozen',
      timeline: [{ timelineId: 1, beganAt: 0 }],
      endIsExact: true,
    });
    await sandbox.query(1, 'CREATE TABLE t AS SELECT generate_series(1, 1000) AS id');
    expect(await effects.perform(freeze)).toEqual(frozen);
    const replayed = async () => {
      const [row] = await sandbox.query<{ lsn: string }>(2, 'SELECT pg_last_wal_replay_lsn()::text AS lsn');
      return { endOfWal: Number(parseLsn(row?.lsn ?? '')) };
    };
    const { endOfWal } = frozen.kind === 'frozen' ? frozen : {};
    await expect.poll(replayed, { timeout: 20_000 }).toEqual({ endOfWal });
  });

  it('it receives nothing after a restart either, and goes on once it is told to', async () => {
    const effects = await effectsOn(sandbox, 2);
    await sandbox.stop(2);
    await sandbox.start(2);
    expect(await conninfoInForce(sandbox, effects)).toBe('');
    const again = await effects.perform(freeze);
    expect(again).toMatchObject({ kind: 'frozen', endIsExact: true });
    expect(await sandbox.query(2, 'SELECT pid FROM pg_stat_wal_receiver')).toEqual([]);
    await effects.perform({
      kind: 'follow',
      id: 2,
      node: effects.context.nodes()[0]?.id ?? effects.context.self,
    });
    expect(await waitUntil(() => streams(sandbox), { deadlineMs: 10_000 })).toBe(true);
  });

  it('a freeze that is undone leaves the standby streaming as before', async () => {
    const effects = await effectsOn(sandbox, 2);
    const before = await conninfoInForce(sandbox, effects);
    expect(before).toContain('application_name=node2');
    await effects.perform(freeze);
    await effects.perform({ kind: 'unfreeze', id: 2, primaryConninfo: before });
    expect(await conninfoInForce(sandbox, effects)).toBe(before);
    expect(await waitUntil(() => streams(sandbox), { deadlineMs: 10_000 })).toBe(true);
  });
});

it('a standby that delays replay is frozen too, though its startup process does not look up', async () => {
  const sandbox = await sandboxForTest({ nodes: 2 });
  await sandbox.query(2, "ALTER SYSTEM SET recovery_min_apply_delay = '1h'");
  await sandbox.query(2, 'SELECT pg_reload_conf()');
  await sandbox.query(1, 'CREATE TABLE t AS SELECT generate_series(1, 1000) AS id');
  const effects = await effectsOn(sandbox, 2);
  await effects.perform(freeze);
  const flushed = () => sandbox.query(1, 'SELECT flush_lsn FROM pg_stat_replication');
  expect(
    await waitUntil(async () => ((await flushed()).length === 0 ? true : undefined), { deadlineMs: 5_000 }),
  ).toBe(true);
  expect(await sandbox.query(2, 'SELECT pid FROM pg_stat_wal_receiver')).toEqual([]);
});

it('a standby whose server is down is frozen in its files', async () => {
  const sandbox = await sandboxForTest({ nodes: 2 });
  const effects = await effectsOn(sandbox, 2);
  await sandbox.stop(2);
  expect(await effects.perform(freeze)).toMatchObject({ kind: 'frozen', endIsExact: true });
  await sandbox.start(2);
  expect(await sandbox.query(2, 'SELECT pid FROM pg_stat_wal_receiver')).toEqual([]);
});

it('a standby that lets nobody in is seen to stream, is frozen, and promoted, all without a session', async () => {
  const sandbox = await sandboxForTest({ nodes: 2 });
  const { dataDirectory, logFile, conninfo } = sandbox.node(2);
  const effects = await effectsOn(sandbox, 2);
  await sandbox.query(2, "ALTER SYSTEM SET hot_standby = 'off'");
  await sandbox.stop(2);
  const pgCtl = join(sandbox.binDirectory, 'pg_ctl');
  await sandbox.run(pgCtl, ['start', '-W', '-D', dataDirectory, '-l', logFile]);
  const isAttached = async () =>
    (await sandbox.query(1, "SELECT 1 FROM pg_stat_replication WHERE state = 'streaming'")).length > 0
      ? true
      : undefined;
  expect(await waitUntil(isAttached, { deadlineMs: 20_000 })).toBe(true);

  const place = placeOf(sandbox, 2);
  const seen: ServerObservation[] = [];
  const watch = new ServerWatch({
    self: 2 as NodeId,
    place,
    walEnd: new WalEndReader(place),
    conninfo: () => readConninfo(conninfo),
    nodes: effects.context.nodes,
    intervalMs: () => 60_000,
    hangMs: () => -1,
    onObserved: (server) => seen.push(server),
    onConnected: () => undefined,
    log: await createLogger({ program: 'repmgrd', level: 'EMERG' }),
  });
  const lookAgain = async () => {
    await watch.look();
    return seen.at(-1);
  };
  await expect.poll(lookAgain, { timeout: 20_000 }).toMatchObject({
    condition: 'running',
    isInRecovery: true,
    endOfWal: expect.any(Number),
    receiver: { upstream: 1 },
  });
  await watch.close();

  const frozen = await effects.perform(freeze);
  expect(frozen).toMatchObject({ kind: 'frozen', endOfWal: expect.any(Number), endIsExact: true });
  await sandbox.query(1, 'CREATE TABLE t AS SELECT generate_series(1, 1000) AS id');
  await expect.poll(isAttached, { timeout: 20_000 }).toBeUndefined();
  expect(await effects.perform(freeze)).toEqual(frozen);

  await sandbox.kill(1);
  const promotion = {
    kind: 'promote',
    id: 2,
    term: 2 as Term,
    nextTimeline: 2 as TimelineId,
    notAfter: Number.MAX_SAFE_INTEGER as MonotonicMs,
    notAfterBootTimeMs: Number.MAX_SAFE_INTEGER,
  } as const;
  const synchronous = { names: [1 as NodeId], required: 1 };
  await expect(effects.perform({ ...promotion, synchronousStandbyNames: synchronous })).rejects.toMatchObject(
    { name: 'ActionNotBegun', message: expect.stringContaining('hot_standby=off') },
  );
  const promoted = await effects.perform({ ...promotion, synchronousStandbyNames: null });
  expect(promoted).toMatchObject({ kind: 'promoted' });
  expect(await sandbox.query(2, 'SELECT pg_is_in_recovery() AS r')).toEqual([{ r: false }]);
});
