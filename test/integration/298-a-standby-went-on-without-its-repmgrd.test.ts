/** A failover while the repmgrd of a standby is away: its server goes on below the former primary, which follows the new one. */
import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { waitUntil } from '../../src/system/clock.ts';
import { Ledger } from '../support/ledger.ts';
import { awaitNewLeader, awaitStreaming, killPostmaster, startRepmgrds } from '../support/repmgrds.ts';
import { sandboxForTest } from '../support/sandbox.ts';

it('is not copied anew for it: what it has is the WAL of the new primary', async () => {
  const sandbox = await sandboxForTest({ repmgrConf: { failover: 'automatic', rejoin: 'automatic' } });
  await startRepmgrds(sandbox);
  const ledger = new Ledger(sandbox);
  await ledger.start(1);
  await ledger.written(1, 50);
  await sandbox.killRepmgrd(2);
  await killPostmaster(sandbox, 1);
  expect(await awaitNewLeader(sandbox, 1)).toBe(3);
  await awaitStreaming(sandbox, 3, [1]);
  await ledger.written(3, 50);
  const isOnNewTimeline = async () => {
    const sql = 'SELECT received_tli AS t FROM pg_stat_wal_receiver';
    const [row] = await sandbox.query<{ t: number }>(2, sql);
    return row?.t === 2 ? true : undefined;
  };
  expect(await waitUntil(isOnNewTimeline, { deadlineMs: 30_000 }), 'it goes on by itself').toBe(true);

  await sandbox.startRepmgrd(2);
  await awaitStreaming(sandbox, 3, [1, 2]);
  await ledger.stop();
  expect(await ledger.missingOn(3)).toEqual([]);
  const log = await readFile(sandbox.node(2).repmgrdLogFile, 'utf8');
  expect(log).not.toMatch(/by a (clone|rewind)/);
});
