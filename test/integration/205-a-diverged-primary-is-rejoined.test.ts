/** A primary that wrote what nobody else has is rejoined: by pg_rewind where there is one, else by a clone. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { listDivergedWal } from '../../src/cluster/rejoin/diverged-wal.ts';
import { divergedDirectory } from '../../src/cluster/rejoin/kept-places.ts';
import type { NodeId } from '../../src/model/node.ts';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { waitUntil } from '../../src/system/clock.ts';
import { type Effects, effectsOn } from '../support/effects.ts';
import { recordOf, registered } from '../failover/support/one-node.ts';
import { sandboxForTest } from '../support/sandbox.ts';

const rejoin = { kind: 'rejoin', id: 4, node: 2 as NodeId, hasStrayed: false } as const;

/** Node 1 has 1000 rows that node 2, the primary now, has not, and is up read-only. */
async function divergedPrimary(
  sandbox: Sandbox,
  changes: Parameters<typeof effectsOn>[2] = {},
): Promise<Effects> {
  const one = await effectsOn(sandbox, 1, changes);
  const two = await effectsOn(sandbox, 2);
  await sandbox.query(1, 'CREATE TABLE t (id int)');
  await two.perform({ kind: 'freeze', id: 1 });
  await sandbox.query(1, 'INSERT INTO t SELECT generate_series(1, 1000)');
  await sandbox.kill(1);
  expect(await sandbox.repmgr(2, ['standby', 'promote', '--force'])).toMatchObject({ exitCode: 0 });
  await one.perform({ kind: 'takeDown', id: 2 });
  await one.perform({ kind: 'startAsStandby', id: 3 });
  return one;
}

async function portOf(sandbox: Sandbox): Promise<string | undefined> {
  const text = await readFile(join(sandbox.node(1).dataDirectory, 'postgresql.conf'), 'utf8');
  return /^port.*/m.exec(text)?.[0];
}

async function streams(sandbox: Sandbox): Promise<void> {
  await sandbox.query(2, 'INSERT INTO t SELECT generate_series(1, 10)');
  const isThere = async () => {
    const [row] = await sandbox.query<{ n: number }>(1, 'SELECT count(*)::int AS n FROM t');
    return row?.n === 10 ? true : undefined;
  };
  expect(await waitUntil(isThere, { deadlineMs: 15_000 })).toBe(true);
}

describe.each([
  [15, 'rewind'],
  [18, 'clone'],
])('on PostgreSQL %i', (postgresVersion, way) => {
  it(`a diverged primary becomes a standby again by a ${way}, and what only it had is kept`, async () => {
    const sandbox = await sandboxForTest({
      nodes: 2,
      postgresVersion,
      postgresqlConf: { wal_log_hints: 'on' },
      repmgrConf: { use_replication_slots: '1' },
    });
    const one = await divergedPrimary(sandbox);
    const port = await portOf(sandbox);
    await one.perform(rejoin);
    expect(one.lines.join('\n')).toContain(`rejoining node 1 to node 2 by a ${way}`);
    expect(await portOf(sandbox)).toBe(port);
    await streams(sandbox);
    const [kept] = await listDivergedWal(divergedDirectory(one.context.config, 1 as NodeId));
    expect(kept).toMatchObject({ timelineId: 1, rejoinedTo: 2 });
    expect((await readdir(kept?.directory ?? '')).toSorted()).toEqual([
      expect.stringMatching(/^0000000100000000000000/),
      'diverged.json',
    ]);
    const shown = await sandbox.repmgr(1, ['node', 'diverged']);
    expect(shown).toMatchObject({ exitCode: 0 });
    expect(shown.stdout).toContain('given up for node 2');
    // The programs that are fetched have no pg_waldump.
    expect(shown.stdout).toMatch(way === 'rewind' ? /1000 +\| 0 +\| 0/ : /pg_waldump is not installed/);
    expect(shown.stdout).toMatch(way === 'rewind' ? /1 committed transactions/ : /./);
  });
});

it('a synchronous standby leaves the names first; where a rewind fails a clone is made', async () => {
  const sandbox = await sandboxForTest({ nodes: 2, postgresqlConf: { wal_log_hints: 'off' } });
  let looks = 0;
  const record = () => {
    looks += 1;
    const names = looks < 3 ? [1, 2] : [2];
    return { ...recordOf(registered(2)), synchronous: { names: names as NodeId[], required: 1 } };
  };
  const one = await divergedPrimary(sandbox, { record });
  // It has no data checksums either: pg_rewind refuses.
  await one.perform(rejoin);
  expect(looks).toBe(3);
  expect(one.lines.join('\n')).toContain('pg_rewind failed with exit code 1; a clone is made instead');
  await streams(sandbox);
});
