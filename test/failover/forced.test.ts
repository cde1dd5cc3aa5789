import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { initialState } from '../../src/failover/initial-state.ts';
import { forcedTerm } from '../../src/failover/terms-heard.ts';
import {
  durableOfVoter,
  heartbeatOf,
  OneNode,
  positionAt,
  primaryServer,
  recordOf,
  registered,
  settingsOf,
  term,
} from './support/one-node.ts';

const leading = { term: term(1), askedTerm: term(1), promotionCalled: false, isPromoted: true };
const two = registered(2);

/** Node 1 of two, which led term 1 before its host booted; somebody else started its server writable. */
function bootedBesideWritable(): OneNode {
  const leader = new OneNode(settingsOf(1, two));
  leader.start(durableOfVoter(two, { leading, ledOn: positionAt(0).path }), { bootId: 'boot 2' });
  leader.observe(primaryServer());
  return leader;
}

/** Whether it kills its server while so many milliseconds pass. */
function fencesWithin(leader: OneNode, ms: number): boolean {
  for (let passed = 0; passed < ms; passed += 100) {
    if (leader.pass(100).some(({ kind }) => kind === 'fence')) return true;
  }
  return false;
}

describe('forced terms (rule 12)', () => {
  const nodeIds = fc.integer({ min: 1, max: 2 ** 31 - 1 });
  const terms = fc.oneof(fc.integer({ min: 0, max: 10_000 }), fc.integer({ min: 0, max: 2 ** 52 }));
  const forcedBy = (self: number, known: number) => {
    const state = initialState(settingsOf(self, []));
    return forcedTerm({ ...state, durable: { ...state.durable, term: term(known) } });
  };

  it('are no other node’s, whatever each of them knows, nor are those of the elections that follow', () => {
    fc.assert(
      fc.property(nodeIds, nodeIds, terms, terms, (one, other, known, otherKnown) => {
        fc.pre(one !== other);
        expect(Math.abs(forcedBy(one, known) - forcedBy(other, otherKnown))).toBeGreaterThanOrEqual(1_024);
      }),
    );
  });

  it('lie far above what is known, and are whole numbers', () => {
    fc.assert(
      fc.property(nodeIds, terms, (self, known) => {
        const forced = forcedBy(self, known);
        expect(forced).toBeGreaterThan(known + 1_000);
        expect(Number.isSafeInteger(forced)).toBe(true);
      }),
    );
  });
});

describe('the leader of a set of two whose host booted beside a writable server (rule 9)', () => {
  it('fences, unless the other node says that it leads nothing', () => {
    expect(fencesWithin(bootedBesideWritable(), 3_000)).toBe(true);
  });

  it('goes on once the other node has said so', () => {
    const leader = bootedBesideWritable();
    leader.pass(500);
    leader.receive(2, {
      kind: 'statusAnswer',
      round: leader.state.statusRound,
      highestTerm: term(1),
      leader: null,
      leaderTerm: term(0),
      ledTerm: term(0),
      line: null,
      refusal: null,
      leaseLeftMs: 0,
      record: recordOf(two),
      position: positionAt(1_000),
      health: 'up',
      candidacy: { kind: 'candidate', priority: 100 },
    });
    expect(fencesWithin(leader, 3_000)).toBe(false);
  });

  it('takes no new term by its own vote after that: another may lead', () => {
    const leader = bootedBesideWritable();
    fencesWithin(leader, 3_000);
    leader.finish('fence', { kind: 'down', timeline: null, endOfWal: null });
    leader.finish('startAsStandby', { kind: 'done' });
    leader.observe(primaryServer({ isInRecovery: true }));
    for (let passed = 0; passed < 10_000; passed += 100) leader.pass(100);
    expect(leader.state.role.kind).not.toBe('candidate');
    expect(leader.state.durable.vote?.term).toBe(1);
  });
});

describe('a leader that is fenced because another leads', () => {
  it('goes by the newer record from then on, so that it stands for nothing by its own', () => {
    const nodes = registered(3);
    const leader = new OneNode(settingsOf(1, nodes));
    leader.start(durableOfVoter(nodes, { leading, ledOn: positionAt(0).path }));
    leader.observe(primaryServer());
    const record = { ...recordOf(nodes, 1, 2_048), voters: recordOf(nodes).voters.slice(1) };
    leader.receive(2, heartbeatOf(nodes, { term: term(2_048), record }));
    expect(leader.did('fence')).toBe(true);
    expect(leader.state.durable.record?.voters).toEqual([2, 3]);
  });
});
