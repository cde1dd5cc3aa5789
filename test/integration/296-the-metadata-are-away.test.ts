/** A failover while the metadata are away: it needs none of them, and writes who is the primary once they are back. */
import { expect, it } from 'vitest';
import { waitUntil } from '../../src/system/clock.ts';
import { Ledger } from '../support/ledger.ts';
import { awaitNewLeader, awaitStreaming, killPostmaster, startRepmgrds } from '../support/repmgrds.ts';
import { sandboxForTest } from '../support/sandbox.ts';

it('a failover goes on without them, repmgrd ends in good order, and they name the new primary when they are back', async () => {
  const sandbox = await sandboxForTest({ repmgrConf: { failover: 'automatic', rejoin: 'automatic' } });
  await startRepmgrds(sandbox);
  const ledger = new Ledger(sandbox);
  await ledger.start(1);
  await ledger.written(1, 50);
  await sandbox.query(1, 'ALTER SCHEMA repmgr_sandbox RENAME TO away');
  await killPostmaster(sandbox, 1);
  const winner = await awaitNewLeader(sandbox, 1);
  const standbys = [1, 2, 3].filter((id) => id !== winner);
  await awaitStreaming(sandbox, winner, standbys);
  await ledger.written(winner, 50);
  await ledger.stop();
  expect(ledger.turns).toEqual([1, winner]);
  expect(await ledger.missingOn(winner)).toEqual([]);

  // Events wait there for metadata; whoever ends waits for none.
  for (const id of standbys) await sandbox.stopRepmgrd(id);
  await Promise.all(standbys.map(async (id) => await sandbox.startRepmgrd(id)));
  const anew = await sandbox.repmgr(winner, ['primary', 'register']);
  expect(anew.exitCode, anew.stderr).toBe(1);
  expect(anew.stderr).toMatch(
    /^ERROR: the metadata of cluster "sandbox" are to be made anew while repmgrd leads it$/m,
  );
  expect(anew.stderr).toMatch(/^HINT: .* daemon pause --for 10m/m);
  await sandbox.query(winner, 'ALTER SCHEMA away RENAME TO repmgr_sandbox');
  const recorded = await waitUntil(
    async () => {
      const sql = `SELECT id FROM repmgr_sandbox.repl_nodes WHERE type = 'master' AND active`;
      const [primary] = await sandbox.query<{ id: number }>(winner, sql);
      return primary?.id === winner ? true : undefined;
    },
    { deadlineMs: 30_000 },
  );
  expect(recorded, 'the metadata do not name the new primary').toBe(true);
});
