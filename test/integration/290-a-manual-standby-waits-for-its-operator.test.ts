/** failover=manual on a standby: after a failover it follows when an operator makes it, and its repmgrd agrees. */
import { readFile, writeFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { waitUntil } from '../../src/system/clock.ts';
import { awaitNewLeader, awaitStreaming, leadersView, startRepmgrds, viewOf } from '../support/repmgrds.ts';
import { sandboxForTest } from '../support/sandbox.ts';

async function setManual(sandbox: Sandbox, id: number): Promise<void> {
  const { configFile } = sandbox.node(id);
  const text = await readFile(configFile, 'utf8');
  await writeFile(configFile, text.replace(/^failover\s*=.*$/m, "failover='manual'"));
}

/** Waits until its repmgrd says that it waits to be made to follow that primary; null: that it need not wait. */
async function awaitLeftAlone(sandbox: Sandbox, id: number, by: number | null): Promise<void> {
  const found = await waitUntil(
    async () => {
      const view = await viewOf(sandbox, id);
      return view !== undefined && view.server.leftAloneBy === by ? true : undefined;
    },
    { deadlineMs: 30_000, intervalMs: 100 },
  );
  expect(found, await leadersView(sandbox)).toBe(true);
}

it('votes, is left alone by the new primary over restarts, says what to run, and follows by that', async () => {
  const sandbox = await sandboxForTest({
    nodes: 3,
    repmgrConf: { failover: 'automatic', primary_lease_secs: '2', use_replication_slots: '1' },
  });
  await setManual(sandbox, 3);
  await startRepmgrds(sandbox);
  await sandbox.kill(1);
  // Two of three are left, so it had to vote.
  expect(await awaitNewLeader(sandbox, 1)).toBe(2);
  await awaitLeftAlone(sandbox, 3, 2);

  await sandbox.stopRepmgrd(3);
  await sandbox.startRepmgrd(3);
  await awaitLeftAlone(sandbox, 3, 2);
  const events = async () =>
    await sandbox.query(
      2,
      "SELECT node_id, details FROM repmgr_sandbox.repl_events WHERE event = 'standby_disconnect_manual'",
    );
  const told = [{ node_id: 3, details: expect.stringContaining('run "repmgr standby follow" on it') }];
  expect(
    await waitUntil(async () => ((await events()).length > 0 ? true : undefined), { deadlineMs: 20_000 }),
  ).toBe(true);
  expect(await events()).toEqual(told);
  const row = async () => (await sandbox.repmgr(2, ['daemon', 'status'])).stdout;
  await expect.poll(row, { timeout: 20_000 }).toMatch(/3 +\| node3 +\| standby +\| +running +\| ! node2/);
  const status = await sandbox.repmgr(2, ['daemon', 'status']);
  expect(status.stderr).toContain(
    'without replication since node2 is the primary: run "repmgr standby follow"',
  );
  const shown = await sandbox.repmgr(2, ['cluster', 'show']);
  expect(shown.stdout + shown.stderr).toContain('"repmgr standby follow" on it attaches it to the primary');

  const planned = await sandbox.repmgr(3, ['standby', 'follow', '--dry-run']);
  expect(planned.stdout).toContain('have the repmgrd of this node judge whether it may follow');
  expect(await sandbox.repmgr(3, ['standby', 'follow'])).toMatchObject({ exitCode: 0 });
  await awaitStreaming(sandbox, 2, [3]);
  await awaitLeftAlone(sandbox, 3, null);
  expect(await events()).toEqual(told);
});
