/** Freezing: no WAL receiver is there, none comes back, over restarts too; and where the WAL ends then. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseLsn } from '../../src/model/lsn.ts';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { waitUntil } from '../../src/system/clock.ts';
import { type Effects, effectsOn } from '../support/effects.ts';
import { sandboxForTest } from '../support/sandbox.ts';

const freeze = { kind: 'freeze', id: 1 } as const;

async function streams(sandbox: Sandbox): Promise<true | undefined> {
  const found = await sandbox.query(2, "SELECT 1 FROM pg_stat_wal_receiver WHERE status = 'streaming'");
  return found.length > 0 ? true : undefined;
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
    expect(await sandbox.query(2, 'SELECT pid FROM pg_stat_wal_receiver')).toEqual([]);
    expect(frozen).toMatchObject({
      kind: 'frozen',
      timeline: [{ timelineId: 1, beganAt: 0 }],
      endIsExact: true,
    });
    await sandbox.query(1, 'CREATE TABLE t AS SELECT generate_series(1, 1000) AS id');
    expect(await effects.perform(freeze)).toEqual(frozen);
    const [row] = await sandbox.query<{ lsn: string }>(2, 'SELECT pg_last_wal_replay_lsn()::text AS lsn');
    expect(frozen).toMatchObject({ endOfWal: Number(parseLsn(row?.lsn ?? '')) });
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
