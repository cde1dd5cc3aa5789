import { describe, expect, it } from 'vitest';
import type { Durable } from '../../src/failover/durable.ts';
import type { VoteAnswer } from '../../src/failover/messages.ts';
import { ledTermOf } from '../../src/failover/open-terms.ts';
import type { TimelineId } from '../../src/model/timeline.ts';
import {
  at,
  durableOfVoter,
  heartbeatOf,
  lsn,
  node,
  OneNode,
  pathOf,
  positionAt,
  recordOf,
  registered,
  settingsOf,
  standbyServer,
  term,
} from './support/one-node.ts';

const nodes = registered(5);
const record = { ...recordOf(nodes), synchronous: { names: [node(2), node(3)], required: 1 } };
const silent = standbyServer({ receiver: null });

/** Node 2 of five, where 2 and 3 are synchronous; 1 led term 1. It asks for term 3, and no votes are in yet. */
function candidate(): OneNode {
  const two = new OneNode(settingsOf(2, nodes));
  two.start(durableOfVoter(nodes, { record }));
  two.observe(silent);
  two.pass(5_100);
  two.observe(silent);
  two.pass(10);
  for (const from of [3, 4, 5]) {
    two.receive(from, {
      kind: 'statusAnswer',
      round: two.state.statusRound,
      highestTerm: term(2),
      leader: node(1),
      leaderTerm: term(1),
      ledTerm: term(0),
      line: null,
      refusal: null,
      leaseLeftMs: 0,
      record,
      position: positionAt(1_000),
      health: 'up',
      candidacy: { kind: 'none', reason: 'priority 0' },
    });
  }
  two.pass(300);
  two.finish('askServers', { kind: 'serversAnswered', answers: [[node(1), 'silent']] });
  two.freezeEnds();
  expect(two.sent('voteRequest')[0]?.term).toBe(3);
  return two;
}

function answer(two: OneNode, from: number, part: Partial<VoteAnswer> = {}): void {
  two.receive(from, {
    kind: 'voteAnswer',
    term: term(3),
    mark: { incarnation: 'life 1', sentAt: at(two.now) },
    outcome: { kind: 'granted' },
    highestTerm: term(3),
    record,
    position: positionAt(1_000),
    reigns: { last: { term: term(1), node: node(1) }, open: [{ term: term(3), candidate: node(2) }] },
    ledTerm: term(0),
    ...part,
  });
}

const leads = (two: OneNode) => two.state.role.kind === 'leader';
const ofLastLeader = { ledTerm: term(1) } as const;

describe('a candidate of a cluster with synchronous standbys (rule 13)', () => {
  it('does not win by votes alone', () => {
    const two = candidate();
    answer(two, 4);
    answer(two, 5);
    expect(leads(two)).toBe(false);
  });

  it('wins by the positions of as many of them as cannot all have missed a commit', () => {
    const two = candidate();
    answer(two, 4);
    answer(two, 3);
    expect(leads(two)).toBe(true);
  });

  it('names them without itself, and one more, when it is promoted', () => {
    const two = candidate();
    answer(two, 4);
    const promote = () => two.last.actions.find(({ kind }) => kind === 'promote');
    answer(two, 3);
    expect(promote()).toMatchObject({ synchronousStandbyNames: { names: [3, 4], required: 1 } });
  });

  it('takes no vote for a position whose data directory was replaced', () => {
    const two = candidate();
    answer(two, 4);
    answer(two, 3, { position: positionAt(1_000, undefined, false) });
    expect(leads(two)).toBe(false);
  });

  it('needs no vote of who is ahead once it has the WAL, since that answer binds', () => {
    const two = candidate();
    answer(two, 4);
    answer(two, 5);
    answer(two, 3, { outcome: { kind: 'behind' }, position: positionAt(1_500) });
    expect(leads(two)).toBe(false);
    two.finish('fetchWal', {
      kind: 'walFetched',
      timeline: [{ timelineId: 1 as TimelineId, beganAt: lsn(0) }],
      endOfWal: lsn(1_500),
      endIsExact: true,
    });
    two.pass(10);
    expect(leads(two)).toBe(true);
  });

  it('does not win behind a position that it knows and cannot fetch', () => {
    const two = candidate();
    answer(two, 4);
    answer(two, 5);
    answer(two, 3, { outcome: { kind: 'behind' }, position: positionAt(1_500) });
    two.fail('fetchWal', 'no answer');
    two.pass(10);
    expect(leads(two)).toBe(false);
  });

  it('takes the position of who led last for all of theirs', () => {
    const two = candidate();
    answer(two, 4);
    answer(two, 1, ofLastLeader);
    expect(leads(two)).toBe(true);
  });

  it('does not where another may have led since', () => {
    const two = candidate();
    const open = [{ term: term(2), candidate: node(3) }];
    answer(two, 4, { reigns: { last: { term: term(1), node: node(1) }, open } });
    answer(two, 1, ofLastLeader);
    expect(leads(two)).toBe(false);
  });

  it('believes of a term whom it was given to', () => {
    const two = candidate();
    const open = [{ term: term(2), candidate: node(5) }];
    answer(two, 4, { reigns: { last: { term: term(1), node: node(1) }, open } });
    answer(two, 1, ofLastLeader);
    answer(two, 5);
    expect(leads(two)).toBe(true);
  });
});

describe('who was elected last and is no leader any more (rule 13)', () => {
  const yielded = {
    term: term(2),
    upToTerm: term(2),
    promotionCalled: true,
    reason: 'fence',
    successor: null,
    untold: [],
  } as const;

  function ledTerm(part: Partial<Durable>, endOfWal = 1_000): number {
    const three = new OneNode(settingsOf(3, nodes));
    three.start(durableOfVoter(nodes, { record, term: term(2), yielded, ...part }));
    three.observe(standbyServer({ receiver: null, endOfWal: lsn(endOfWal) }));
    return ledTermOf(three.state);
  }

  it('still has all that was acknowledged when it won, where its promotion was not seen to end', () => {
    expect(ledTerm({})).toBe(2);
  });

  it('says nothing where its WAL is not on the timeline that it led on', () => {
    const path = pathOf([1, 0, 1], [2, 1_000, 2]);
    expect(ledTerm({ ledOn: path, line: { term: term(2), path } })).toBe(0);
  });

  it('says nothing where its data directory was replaced, or its WAL left the line', () => {
    expect(ledTerm({ replaced: { untilLsn: null } })).toBe(0);
    expect(ledTerm({ line: { term: term(1), path: pathOf([1, 0, 1], [2, 900, 1]) } })).toBe(0);
  });
});

describe('a synchronous standby whose data directory was replaced (rule 13)', () => {
  const attached = standbyServer({ directory: 'one' });

  it('is whole again when it has flushed what its leader had flushed after it attached', () => {
    const two = new OneNode(settingsOf(2, nodes));
    two.start(durableOfVoter(nodes, { record, directory: 'one' }));
    two.observe(attached);
    expect(two.state.durable.replaced).toBeNull();
    two.observe({ ...attached, directory: 'another' });
    expect(two.state.durable.replaced).toEqual({ untilLsn: null });
    two.pass(500);
    two.pass(500);
    const [request] = two.sent('statusRequest');
    expect(request).toBeDefined();
    two.receive(1, {
      kind: 'statusAnswer',
      round: request?.round ?? 0,
      highestTerm: term(1),
      leader: node(1),
      leaderTerm: term(1),
      ledTerm: term(0),
      line: null,
      refusal: 'leadsItself',
      leaseLeftMs: 0,
      record,
      position: positionAt(1_200),
      health: 'up',
      candidacy: { kind: 'none', reason: 'it leads' },
    });
    expect(two.state.durable.replaced).toEqual({ untilLsn: 1_200 });
    two.observe({ ...attached, directory: 'another', endOfWal: lsn(1_200) });
    expect(two.state.durable.replaced).toBeNull();
  });
});

describe('a standby that lost its state file (rule 13)', () => {
  const kept = standbyServer({ receiver: null, primaryConninfo: '' });

  function follows(required: number): boolean {
    const two = new OneNode(settingsOf(2, nodes));
    two.start(null, { namesTerm: true });
    two.observe(kept);
    const synchronous = { names: [node(2), node(3)], required };
    two.receive(1, heartbeatOf(nodes, { record: { ...record, synchronous } }));
    return two.did('follow');
  }

  it('takes no WAL where commits may wait for it: it may have told an election where its WAL ends', () => {
    expect(follows(1)).toBe(false);
  });

  it('follows the primary where they do not', () => {
    expect(follows(0)).toBe(true);
  });
});
