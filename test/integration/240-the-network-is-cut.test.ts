/** Partitions between nodes that each have a network of their own: at most one takes writes, and it heals by itself. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { monotonicMs } from '../../src/system/clock.ts';
import { Ledger } from '../support/ledger.ts';
import { type NodeNetworks, nodeNetworks, noNetworks } from '../support/node-networks.ts';
import {
  awaitLeader,
  awaitNewLeader,
  awaitStreaming,
  expectNoFailover,
  startRepmgrds,
  viewOf,
} from '../support/repmgrds.ts';
import { sandboxForTest } from '../support/sandbox.ts';

const leaseMs = 2_000;
const repmgrConf = {
  failover: 'automatic',
  primary_lease_secs: String(leaseMs / 1000),
  rejoin: 'automatic',
  log_level: 'INFO',
};
const ids = [1, 2, 3, 4];
const others = (...some: readonly number[]): readonly number[] => ids.filter((id) => !some.includes(id));

describe('of four nodes', () => {
  let network: NodeNetworks | undefined;
  let sandbox: Sandbox;
  let primary = 1;
  beforeAll(async () => {
    network = await nodeNetworks(4);
    if (network === undefined) return;
    sandbox = await sandboxForTest({ nodes: 4, networks: network.networks, repmgrConf });
    await startRepmgrds(sandbox);
  });

  /** Cuts, with clients that write on every node; gives what they saw. */
  const watched = async (run: (network: NodeNetworks, ledger: Ledger) => Promise<void>): Promise<Ledger> => {
    if (network === undefined) throw new Error(noNetworks);
    await sandbox.query(primary, 'DROP TABLE IF EXISTS ledger');
    const ledger = new Ledger(sandbox);
    await ledger.start(primary);
    try {
      await ledger.written(primary, 100);
      await run(network, ledger);
    } finally {
      await network.heal();
      await ledger.stop();
    }
    return ledger;
  };
  /** Rows that were acknowledged and are not on the primary now: none from before this moment may be. */
  const lostRows = async (ledger: Ledger) => {
    const missing = new Set(await ledger.missingOn(primary));
    return ledger.rows.filter(({ id }) => missing.has(id));
  };

  it('a primary that is cut off stops before another one begins, and returns as a standby', async ({
    skip,
  }) => {
    if (network === undefined) return skip(noNetworks);
    const former = primary;
    let cutAt = 0;
    const ledger = await watched(async ({ cut, heal }, ledger) => {
      cutAt = monotonicMs();
      await cut([former], others(former));
      primary = await awaitNewLeader(sandbox, former);
      await ledger.written(primary, 50);
      await heal();
      await awaitStreaming(sandbox, primary, others(primary), 60_000);
      await ledger.written(primary, 20);
    });
    expect(ledger.turns).toEqual([former, primary]);
    const lost = await lostRows(ledger);
    expect(lost.filter(({ acknowledgedAt }) => acknowledgedAt < cutAt)).toEqual([]);
    // What is acknowledged until commits are held is only here.
    expect(Math.max(0, ...lost.map(({ acknowledgedAt }) => acknowledgedAt - cutAt))).toBeLessThan(1_500);
    expect(ledger.outageMs(cutAt)).toBeLessThan(leaseMs + 5_000);
  });

  it('a standby that is cut off changes nothing, and streams again by itself', async ({ skip }) => {
    if (network === undefined) return skip(noNetworks);
    const standby = others(primary)[0] ?? 0;
    const term = (await viewOf(sandbox, primary))?.leadership.term;
    const ledger = await watched(async ({ cut, heal }, ledger) => {
      await cut([standby], others(standby));
      await expectNoFailover(sandbox, 2 * leaseMs);
      await ledger.written(primary, 20);
      await heal();
      await awaitStreaming(sandbox, primary, [standby], 60_000);
    });
    expect(ledger.turns).toEqual([primary]);
    expect(await lostRows(ledger)).toEqual([]);
    await awaitLeader(sandbox, primary);
    expect((await viewOf(sandbox, primary))?.leadership.term).toBe(term);
  });

  it('a primary that is heard but hears nobody stops, and only one takes writes', async ({ skip }) => {
    if (network === undefined) return skip(noNetworks);
    const former = primary;
    let cutAt = 0;
    const ledger = await watched(async ({ lose, heal }, ledger) => {
      cutAt = monotonicMs();
      for (const id of others(former)) await lose(id, former);
      primary = await awaitNewLeader(sandbox, former);
      await ledger.written(primary, 50);
      await heal();
      await awaitStreaming(sandbox, primary, others(primary), 60_000);
    });
    expect(ledger.turns).toEqual([former, primary]);
    const lost = await lostRows(ledger);
    expect(lost.filter(({ acknowledgedAt }) => acknowledgedAt < cutAt)).toEqual([]);
  });

  it('two and two: the half of the primary goes on, since the other half is no majority', async ({
    skip,
  }) => {
    if (network === undefined) return skip(noNetworks);
    const partner = others(primary)[0] ?? 0;
    const far = others(primary, partner);
    const ledger = await watched(async ({ cut, heal }, ledger) => {
      await cut([primary, partner], far);
      await expectNoFailover(sandbox, 2 * leaseMs);
      await ledger.written(primary, 20);
      await heal();
      await awaitStreaming(sandbox, primary, far, 60_000);
    });
    expect(ledger.turns).toEqual([primary]);
    expect(await lostRows(ledger)).toEqual([]);
    await awaitLeader(sandbox, primary);
  });
});
