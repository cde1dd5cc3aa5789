/** The disk of the primary hangs under PostgreSQL, under its repmgrd or under both, or is slow; and it comes back. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { monotonicMs, waitUntil } from '../../src/system/clock.ts';
import { hangDisk, noTracing } from '../support/hung-disk.ts';
import { Ledger } from '../support/ledger.ts';
import {
  awaitLeader,
  awaitNewLeader,
  awaitStreaming,
  expectNoFailover,
  leadersView,
  startRepmgrds,
  viewOf,
} from '../support/repmgrds.ts';
import { sandboxForTest } from '../support/sandbox.ts';

const leaseMs = 2_000;
const stallMs = 2_000;
const ids = [1, 2, 3];

describe('of three nodes, the primary', () => {
  let sandbox: Sandbox;
  let primary = 1;
  beforeAll(async () => {
    sandbox = await sandboxForTest({
      nodes: 3,
      postgresqlConf: { fsync: 'on' },
      repmgrConf: {
        failover: 'automatic',
        failover_limit: '0',
        primary_lease_secs: String(leaseMs / 1000),
        write_stall_secs: String(stallMs / 1000),
        rejoin: 'automatic',
        log_level: 'INFO',
      },
    });
    await startRepmgrds(sandbox);
  });

  const withLedger = async (run: (ledger: Ledger) => Promise<void>): Promise<Ledger> => {
    await sandbox.query(primary, 'DROP TABLE IF EXISTS ledger');
    const ledger = new Ledger(sandbox);
    await ledger.start(primary);
    try {
      await ledger.written(primary, 50);
      await run(ledger);
    } finally {
      await ledger.stop();
    }
    return ledger;
  };
  const others = (id: number) => ids.filter((other) => other !== id);
  /** It neither leads nor accepts writes any more, now that its disk is there. */
  const expectStandby = async (id: number) => {
    const found = await waitUntil(
      async () => {
        const server = (await viewOf(sandbox, id))?.server;
        return server?.condition === 'running' && server.isInRecovery === true ? true : undefined;
      },
      { deadlineMs: 30_000 },
    );
    expect(found, await leadersView(sandbox)).toBe(true);
  };

  it('is failed over where its PostgreSQL cannot flush, and loses nothing', async ({ skip }) => {
    const former = primary;
    let hungAt = 0;
    const ledger = await withLedger(async (ledger) => {
      const disk = await hangDisk(sandbox, former, 'server');
      if (disk === undefined) return skip(noTracing);
      hungAt = monotonicMs();
      primary = await awaitNewLeader(sandbox, former);
      await ledger.written(primary, 20);
      await disk.release();
      await awaitStreaming(sandbox, primary, others(primary));
      await ledger.written(primary, 20);
    });
    expect(ledger.turns).toEqual([former, primary]);
    expect(ledger.outageMs(hungAt)).toBeLessThan(stallMs + 1_000 + 1_000);
    expect(await ledger.missingOn(primary)).toEqual([]);
  });

  it('is failed over when its lease ends where the disk hangs under its repmgrd too', async ({ skip }) => {
    const former = primary;
    let hungAt = 0;
    const ledger = await withLedger(async (ledger) => {
      const disk = await hangDisk(sandbox, former, 'node');
      if (disk === undefined) return skip(noTracing);
      hungAt = monotonicMs();
      primary = await awaitNewLeader(sandbox, former);
      await ledger.written(primary, 20);
      await disk.release();
      await expectStandby(former);
      await awaitStreaming(sandbox, primary, others(primary));
      await ledger.written(primary, 20);
    });
    expect(ledger.turns).toEqual([former, primary]);
    expect(ledger.outageMs(hungAt)).toBeLessThan(stallMs + 1_000 + leaseMs + 1_500);
    expect(await ledger.missingOn(primary)).toEqual([]);
  });

  it('goes on where its disk is slow, and where only its repmgrd cannot write', async ({ skip }) => {
    const ledger = await withLedger(async (ledger) => {
      const slow = await hangDisk(sandbox, primary, 'server', 0.1);
      const hung = await hangDisk(sandbox, primary, 'repmgrd');
      if (slow === undefined || hung === undefined) return skip(noTracing);
      await expectNoFailover(sandbox, 2 * leaseMs);
      await ledger.written(primary, 5);
      await slow.release();
      await hung.release();
      await awaitLeader(sandbox, primary);
    });
    expect(ledger.turns).toEqual([primary]);
    expect(await ledger.missingOn(primary)).toEqual([]);
  });
});
