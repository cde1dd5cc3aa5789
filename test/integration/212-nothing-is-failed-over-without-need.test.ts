/** Restarts of the primary within the grace time, and the end of repmgrds, are no reason for a failover. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { Ledger } from '../support/ledger.ts';
import { awaitLeader, awaitStreaming, expectNoFailover, startRepmgrds, viewOf } from '../support/repmgrds.ts';
import { sandboxForTest } from '../support/sandbox.ts';

const leaseMs = 2_000;

describe('a healthy primary', () => {
  let sandbox: Sandbox;
  let ledger: Ledger;

  beforeAll(async () => {
    sandbox = await sandboxForTest({
      nodes: 3,
      repmgrConf: { failover: 'automatic', primary_lease_secs: String(leaseMs / 1000), log_level: 'INFO' },
    });
    await startRepmgrds(sandbox);
    ledger = new Ledger(sandbox);
    await ledger.start(1);
  });

  afterAll(async () => {
    await ledger.stop();
  });

  it('is not failed over when it is restarted in good order, and comes back writable', async () => {
    await sandbox.stop(1);
    await sandbox.start(1);
    await expectNoFailover(sandbox, 2 * leaseMs);
    await awaitLeader(sandbox, 1);
    await ledger.written(1, 20);
    await awaitStreaming(sandbox, 1, [2, 3]);
  });

  it('goes on while the repmgrds of all standbys are stopped', async () => {
    await Promise.all([2, 3].map((id) => sandbox.stopRepmgrd(id)));
    await ledger.written(1, 500);
    await expectNoFailover(sandbox, 2 * leaseMs);
    await ledger.written(1, 20);
    await Promise.all([2, 3].map((id) => sandbox.startRepmgrd(id)));
    await awaitLeader(sandbox, 1);
  });

  it('goes on while its own repmgrd is killed, and is led again by the next one', async () => {
    const term = (await viewOf(sandbox, 1))?.leadership.term;
    await sandbox.killRepmgrd(1);
    await sandbox.startRepmgrd(1);
    await awaitLeader(sandbox, 1);
    await ledger.written(1, 20);
    expect((await viewOf(sandbox, 1))?.leadership.term).toBe(term);
    expect(ledger.turns).toEqual([1]);
    expect(await ledger.missingOn(1)).toEqual([]);
  });

  it('goes on for longer than its lease while its own repmgrd is stopped', async () => {
    await sandbox.stopRepmgrd(1);
    await ledger.written(1, 20);
    await expectNoFailover(sandbox, 3 * leaseMs);
    await ledger.written(1, 20);
    await sandbox.startRepmgrd(1);
    await awaitLeader(sandbox, 1);
    expect(ledger.turns).toEqual([1]);
  });
});
