/** With synchronous_quorum no failover loses a commit that was acknowledged, not even what a host acknowledges when it wakes up. */
import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { waitUntil } from '../../src/system/clock.ts';
import { Ledger } from '../support/ledger.ts';
import { awaitNewLeader, leadersView, startRepmgrds, viewOf } from '../support/repmgrds.ts';
import { sandboxForTest } from '../support/sandbox.ts';

const repmgrConf = {
  failover: 'automatic',
  primary_lease_secs: '2',
  synchronous_quorum: '1',
  log_level: 'INFO',
};

/** The record says so: from then on it is promised. */
async function awaitQuorum(sandbox: Sandbox, id: number): Promise<void> {
  const said = await waitUntil(
    async () => {
      const log = await readFile(sandbox.node(id).repmgrdLogFile, 'utf8').catch(() => '');
      return log.includes('each commit is acknowledged by any 1 of') ? true : undefined;
    },
    { deadlineMs: 20_000, intervalMs: 50 },
  );
  expect(said, await leadersView(sandbox)).toBe(true);
}

it('loses no acknowledged commit when the node of the primary hangs and comes back', async () => {
  const sandbox = await sandboxForTest({ nodes: 3, repmgrConf });
  await startRepmgrds(sandbox);
  await awaitQuorum(sandbox, 1);
  expect(await sandbox.query(1, 'SHOW synchronous_standby_names')).toEqual([
    { synchronous_standby_names: expect.stringMatching(/^ANY 1 \(.*\)$/) },
  ]);
  const ledger = new Ledger(sandbox);
  await ledger.start(1);
  await ledger.written(1, 100);

  await sandbox.freeze(1);
  const winner = await awaitNewLeader(sandbox, 1);
  // The other standby is attached to the winner, and acknowledges in its place.
  await ledger.written(winner, 50);
  await sandbox.thaw(1);
  const isFenced = await waitUntil(
    async () => ((await viewOf(sandbox, 1))?.server.isInRecovery === true ? true : undefined),
    { deadlineMs: 20_000, intervalMs: 50 },
  );
  expect(isFenced, await leadersView(sandbox)).toBe(true);
  await ledger.written(winner, 50);
  await ledger.stop();

  expect(await ledger.missingOn(winner)).toEqual([]);
});
