/** WAL that only a dead primary has is fetched from its files, and is there after the promotion. */
import { describe, expect, it } from 'vitest';
import type { WalRequest } from '../../src/api/wal-request.ts';
import { readWalTail } from '../../src/daemon/perform/wal-tail.ts';
import type { Position } from '../../src/failover/position.ts';
import type { Term } from '../../src/failover/term.ts';
import type { NodeId } from '../../src/model/node.ts';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { type Effects, effectsOn, placeOf } from '../support/effects.ts';
import { sandboxForTest } from '../support/sandbox.ts';

const freeze = { kind: 'freeze', id: 1 } as const;
const promote = ['standby', 'promote', '--force'];

/** Standby 2, frozen, lacks what `sql` writes on 1, which is dead then. */
async function deadPrimary(
  sandbox: Sandbox,
  sql: string,
): Promise<{ two: Effects; position: Position; asked: WalRequest[] }> {
  const one = await effectsOn(sandbox, 1);
  const asked: WalRequest[] = [];
  const two = await effectsOn(sandbox, 2, {
    fetchWal: (_from, request) => {
      asked.push(request);
      return readWalTail(request, placeOf(sandbox, 1));
    },
  });
  await two.perform(freeze);
  await sandbox.query(1, sql);
  await sandbox.kill(1);
  const down = await one.perform({ kind: 'takeDown', id: 2 });
  if (down.kind !== 'down' || down.timeline === null || down.endOfWal === null) {
    throw new Error('the WAL of the dead primary cannot be read');
  }
  const path = down.timeline.map((mark) => ({ ...mark, term: 1 as Term }));
  return { two, asked, position: { path, lsn: down.endOfWal, isExact: true } };
}

const fetchFrom = (position: Position) => ({ kind: 'fetchWal', id: 3, from: 1 as NodeId, position }) as const;

describe.each([10, 15])('on PostgreSQL %i', (postgresVersion) => {
  it('a frozen standby fetches what it lacks, over several segments and a switch between two, and loses nothing', async () => {
    const sandbox = await sandboxForTest({ nodes: 2, postgresVersion });
    await sandbox.query(1, 'CREATE TABLE t (id int)');
    // As archive_timeout switches: the rest of the segment stays empty.
    const { two, position } = await deadPrimary(
      sandbox,
      `DO $$ BEGIN
         INSERT INTO t SELECT generate_series(1, 299999);
         PERFORM pg_switch_wal();
         INSERT INTO t VALUES (300000);
       END $$`,
    );
    const fetched = await two.perform(fetchFrom(position));
    expect(fetched).toEqual({
      kind: 'walFetched',
      timeline: [{ timelineId: 1, beganAt: 0 }],
      endOfWal: position.lsn,
      endIsExact: true,
    });
    expect(await sandbox.repmgr(2, promote)).toMatchObject({ exitCode: 0 });
    expect(await sandbox.query(2, 'SELECT count(*)::int AS n FROM t')).toEqual([{ n: 300_000 }]);
  });
});

it('what was written after a promotion is fetched with the history of its timeline', async () => {
  const sandbox = await sandboxForTest({ nodes: 2 });
  await sandbox.query(1, 'CREATE TABLE t (id int)');
  const two = await effectsOn(sandbox, 2);
  await two.perform(freeze);
  // The primary goes on to a second timeline, which the standby has never heard of.
  await sandbox.stop(1);
  const one = await effectsOn(sandbox, 2);
  const owner = await effectsOn(sandbox, 1);
  await owner.perform({ kind: 'startAsStandby', id: 2 });
  expect(await sandbox.repmgr(1, promote)).toMatchObject({ exitCode: 0 });
  await sandbox.query(1, 'INSERT INTO t SELECT generate_series(1, 1000)');
  await one.context.connections.close();
  const { two: frozen, position, asked } = await deadPrimary(sandbox, 'INSERT INTO t VALUES (0)');
  expect(position.path.map((step) => step.timelineId)).toEqual([1, 2]);
  expect(await frozen.perform(fetchFrom(position))).toMatchObject({ endOfWal: position.lsn });
  expect(asked[0]).toEqual({ kind: 'history', timelineId: 2 });
  expect(await sandbox.repmgr(2, promote)).toMatchObject({ exitCode: 0 });
  expect(await sandbox.query(2, 'SELECT count(*)::int AS n FROM t')).toEqual([{ n: 1001 }]);
  expect(await sandbox.query(2, 'SELECT substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) AS t')).toEqual([
    { t: '00000003' },
  ]);
});

it('more than wal_tail_max, WAL that is no continuation, and a source that refuses are told apart', async () => {
  const sandbox = await sandboxForTest({ nodes: 2, repmgrConf: { wal_tail_max: '300kB' } });
  await sandbox.query(1, 'CREATE TABLE t (id int)');
  const { two, position } = await deadPrimary(sandbox, 'INSERT INTO t SELECT generate_series(1, 5000)');
  await expect(two.perform(fetchFrom(position))).rejects.toThrow(/more than wal_tail_max/);
  const small = { ...position, lsn: (position.lsn - 100_000) as Position['lsn'] };
  const refusing = await effectsOn(sandbox, 2);
  await expect(refusing.perform(fetchFrom(small))).rejects.toThrow(/nobody to fetch from/);
  const other = await effectsOn(sandbox, 2, {
    fetchWal: async (_from, request) => {
      if (request.kind !== 'range') return { kind: 'refused', reason: 'it is not there' };
      const length = request.toLsn - request.fromLsn;
      return { kind: 'bytes', length, bytes: pieces(Buffer.alloc(length, 7)) };
    },
  });
  await expect(other.perform(fetchFrom(small))).rejects.toThrow(/both differ where they should be the same/);
});

async function* pieces(bytes: Buffer): AsyncGenerator<Buffer> {
  await Promise.resolve();
  yield bytes;
}
