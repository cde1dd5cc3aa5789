/** Nodes that are 200 ms apart, in each direction: nothing is failed over without need, and what must be is. */
import { expect, it } from 'vitest';
import { monotonicMs } from '../../src/system/clock.ts';
import { keepDistance, listenEverywhere } from '../support/distance.ts';
import { Ledger } from '../support/ledger.ts';
import { nodeNetworks, noNetworks } from '../support/node-networks.ts';
import {
  awaitNewLeader,
  awaitStreaming,
  expectNoFailover,
  killPostmaster,
  startRepmgrds,
} from '../support/repmgrds.ts';
import { sandboxForTest } from '../support/sandbox.ts';

const leaseMs = 5_000;
const delayMs = 200;

it('a cluster over 200 ms fails over when the primary crashes, loses nothing by it, and not before', async ({
  skip,
}) => {
  const network = await nodeNetworks(3);
  if (network === undefined) return skip(noNetworks);
  const sandbox = await sandboxForTest({
    nodes: 3,
    networks: network.networks,
    repmgrConf: { failover: 'automatic', primary_lease_secs: String(leaseMs / 1000), log_level: 'INFO' },
  });
  await listenEverywhere(sandbox);
  await startRepmgrds(sandbox);
  const ledger = new Ledger(sandbox);
  await ledger.start(1);
  await ledger.written(1, 100);

  await keepDistance(sandbox, network, delayMs);
  const farSince = monotonicMs();
  await expectNoFailover(sandbox, leaseMs);
  await awaitStreaming(sandbox, 1, [2, 3]);
  await ledger.written(1, 100);
  // Connections break when the nodes move apart: commits may wait for a moment.
  expect(ledger.outageMs(farSince)).toBeLessThan(leaseMs);
  const killedAt = monotonicMs();
  await killPostmaster(sandbox, 1);
  const winner = await awaitNewLeader(sandbox, 1);
  await ledger.written(winner, 50);
  await awaitStreaming(
    sandbox,
    winner,
    [1, 2, 3].filter((id) => id !== winner),
  );
  await ledger.stop();
  expect(ledger.turns).toEqual([1, winner]);
  expect(await ledger.missingOn(winner)).toEqual([]);
  expect(ledger.outageMs(killedAt)).toBeLessThan(leaseMs);
});
