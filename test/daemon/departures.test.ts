import { describe, expect, it } from 'vitest';
import { noFacts } from '../../src/cluster/cluster-facts.ts';
import { departedVoters } from '../../src/daemon/departures.ts';
import { samplesOfWitnesses } from '../../src/daemon/liveness-sample.ts';
import { initialState } from '../../src/failover/initial-state.ts';
import { newLeader } from '../../src/failover/leader-state.ts';
import type { MonotonicMs } from '../../src/failover/instant.ts';
import type { State } from '../../src/failover/state.ts';
import type { Term } from '../../src/failover/term.ts';
import type { VoterRecord } from '../../src/failover/voter-record.ts';
import type { NodeId } from '../../src/model/node.ts';
import { plainSettings } from '../support/failover-settings.ts';
import { aNode, id } from '../cluster/disagreements/a-cluster.ts';

/** Node 1 leads with the voters 1, 2 and 3. */
function leader(): State {
  const before = initialState({ ...plainSettings, self: id(1), nodes: [] });
  const record = { voters: [id(1), id(2), id(3)] } as unknown as VoterRecord;
  const role = {
    ...newLeader(1 as Term, 0 as MonotonicMs, null),
    ...{ stage: 'serving' as const, since: 0 as MonotonicMs, bootIdAtStart: '', isPaused: false },
  };
  const now = { ...before.now, monotonicMs: 100_000 as MonotonicMs };
  return { ...before, role, now, durable: { ...before.durable, record } };
}

const primary = aNode(1);

describe('a voter whose row is gone', () => {
  it('is taken out of the record by the leader', () => {
    const facts = { ...noFacts, nodes: [primary, aNode(2)] };
    expect(departedVoters(leader(), facts)).toEqual([3]);
    expect(departedVoters({ ...leader(), role: initialState(leader().settings).role }, facts)).toEqual([]);
  });

  it('stays where nothing is known of the nodes, or it is the leader itself', () => {
    expect(departedVoters(leader(), noFacts)).toEqual([]);
    expect(
      departedVoters(leader(), { ...noFacts, nodes: [aNode(2), aNode(3, { role: 'witness' })] }),
    ).toEqual([]);
  });
});

describe('what a leader writes of witnesses', () => {
  const notes = (heardAt: number) => ({
    of: (node: NodeId) =>
      node === id(3) ? { heardAt, health: null, candidacy: null, endOfWal: null } : undefined,
  });
  const facts = {
    ...noFacts,
    nodes: [
      primary,
      aNode(3, { role: 'witness', conninfo: '' }),
      aNode(4, { role: 'witness', conninfo: '' }),
      aNode(5, { role: 'witness' }),
    ],
  };

  it('is that they were heard, where they have no PostgreSQL to write it themselves', () => {
    expect(samplesOfWitnesses(leader(), facts, notes(99_000))).toMatchObject([
      { node: 3, state: 'none', role: 'witness', standby: { primary: 1, receivedLsn: undefined } },
    ]);
  });

  it('is nothing where they were not heard for a lease, or another leads', () => {
    expect(samplesOfWitnesses(leader(), facts, notes(90_000))).toEqual([]);
    const follower = { ...leader(), role: initialState(leader().settings).role };
    expect(samplesOfWitnesses(follower, facts, notes(99_000))).toEqual([]);
  });
});
