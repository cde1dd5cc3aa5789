import { describe, expect, it } from 'vitest';
import type { HeartbeatRefused } from '../../src/failover/messages.ts';
import type { Settings } from '../../src/failover/settings.ts';
import {
  at,
  durableOfVoter,
  heartbeatOf,
  lsn,
  node,
  OneNode,
  positionAt,
  primaryServer,
  recordOf,
  registered,
  settingsOf,
  standbyServer,
  term,
} from './support/one-node.ts';

const nodes = registered(3);
const leading = { term: term(1), askedTerm: term(1), promotionCalled: false, isPromoted: true };
const pathOne = positionAt(0).path;

/** Node 1 of three, leader of term 1 by its state file; its guard, if it has one, knew contact until then. */
function leaderWithFile(guardedMs: number | null, part: Partial<Settings> = {}, count = 3): OneNode {
  const all = registered(count);
  const leader = new OneNode(settingsOf(1, all, part));
  leader.handle({
    kind: 'started',
    durable: durableOfVoter(all, { leading, ledOn: pathOne }),
    bootId: 'boot 1',
    incarnation: 'life 1',
    guardContactUntil: guardedMs === null ? null : at(guardedMs),
    settings: leader.state.settings,
    metadata: { nodes: all, primary: node(1), namesTerm: true },
  });
  leader.observe(primaryServer());
  return leader;
}

function acknowledge(leader: OneNode, from: number, sentAt = leader.now): void {
  leader.receive(from, {
    kind: 'heartbeatAcknowledged',
    term: term(1),
    mark: { incarnation: 'life 1', sentAt: at(sentAt) },
    position: positionAt(1_000),
    health: 'up',
    candidacy: { kind: 'candidate', priority: 100 },
    storedRecord: { term: term(1), number: 1 },
    highestTerm: term(1),
  });
}

/** A word on a heartbeat of term 1, unless it says otherwise; of a higher term that it heard of, led by nobody. */
function refuse(leader: OneNode, from: number, part: Partial<HeartbeatRefused>): void {
  leader.receive(from, {
    kind: 'heartbeatRefused',
    term: term(1),
    mark: { incarnation: 'life 1', sentAt: at(leader.now) },
    highestTerm: term(1),
    leader: null,
    leaderIsWritable: false,
    record: null,
    reason: 'higherTerm',
    ...part,
  });
}

/** In contact with both others, its server writable. */
function servingLeader(part: Partial<Settings> = {}): OneNode {
  const leader = leaderWithFile(null, part);
  acknowledge(leader, 2);
  acknowledge(leader, 3);
  leader.pass(250);
  return leader;
}

/** Passes time as ticks come, and says after how long the server was to be killed. */
function saidLast(leader: OneNode): readonly string[] {
  return leader.last.explanations.map(({ sentence }) => sentence);
}

function fencedAfter(leader: OneNode, limitMs: number): number | undefined {
  for (let passed = 0; passed < limitMs; passed += 50) {
    if (leader.pass(50).some(({ kind }) => kind === 'fence')) return passed + 50;
  }
  return undefined;
}

describe('a leader (rule 5)', () => {
  it('fences when the contact of too many has ended, counted from what was sent', () => {
    const leader = servingLeader();
    expect(fencedAfter(leader, 10_000)).toBe(5_000 - 750 - 250);
  });

  it('kills before it stores anything', () => {
    const leader = servingLeader();
    fencedAfter(leader, 10_000);
    expect(leader.last.actions[0]?.kind).toBe('fence');
    expect(leader.state.durable.leading).not.toBeNull();
  });

  it('counts from the sending of a heartbeat, however late its acknowledgement comes', () => {
    const leader = servingLeader();
    const sentAt = leader.now;
    leader.pass(2_000);
    acknowledge(leader, 2, sentAt);
    expect(fencedAfter(leader, 10_000)).toBe(5_000 - 750 - 2_000);
  });

  it('takes no acknowledgement of an earlier life, and none from the future', () => {
    const leader = servingLeader();
    leader.pass(2_000);
    acknowledge(leader, 2, leader.now + 10_000);
    leader.receive(2, {
      kind: 'heartbeatAcknowledged',
      term: term(1),
      mark: { incarnation: 'life 0', sentAt: at(leader.now) },
      position: null,
      health: 'up',
      candidacy: { kind: 'none', reason: 'any' },
      storedRecord: { term: term(1), number: 1 },
      highestTerm: term(1),
    });
    expect(fencedAfter(leader, 10_000)).toBe(5_000 - 750 - 250 - 2_000);
  });

  it('holds commits long before, and lets them go when it hears of enough again', () => {
    const leader = servingLeader();
    const sentAt = leader.now - 250;
    for (let passed = 0; passed < 1_300; passed += 100) leader.pass(100);
    expect(leader.state.role).toMatchObject({ kind: 'leader', isHolding: true });
    expect(sentAt + 1_500).toBeLessThanOrEqual(leader.now);
    leader.finish('hold', { kind: 'holdInForce' });
    acknowledge(leader, 2);
    expect(leader.did('release')).toBe(true);
  });

  it('tries a release that failed again after a moment, not at once', () => {
    const leader = servingLeader();
    for (let passed = 0; passed < 1_300; passed += 100) leader.pass(100);
    leader.finish('hold', { kind: 'holdInForce' });
    acknowledge(leader, 2);
    leader.fail('release', 'its server is down');
    expect(leader.did('release')).toBe(false);
    acknowledge(leader, 2);
    expect(leader.did('release')).toBe(false);
    leader.pass(1_000);
    expect(leader.did('release')).toBe(true);
  });

  it('is kept in contact by WAL that a standby flushed, written after the standby fell silent', () => {
    const leader = servingLeader();
    const standby = { node: node(2), flushedLsn: lsn(1_000), syncPriority: 0 };
    leader.observe(primaryServer({ attached: [standby] }));
    let wasFenced = false;
    for (let passed = 0; passed < 12_000; passed += 250) {
      wasFenced ||= leader.pass(250).some(({ kind }) => kind === 'fence');
      if (leader.state.running.some(({ purpose }) => purpose === 'writeWal')) {
        leader.finish('writeWal', { kind: 'walWritten', flushedLsn: lsn(2_000 + passed) });
        leader.observe(primaryServer({ attached: [{ ...standby, flushedLsn: lsn(2_000 + passed) }] }));
      }
    }
    expect(wasFenced).toBe(false);
  });

  it('fences at once after a suspension', () => {
    const leader = servingLeader();
    leader.suspendedMs += 60_000;
    expect(leader.pass(1).map(({ kind }) => kind)).toContain('fence');
  });

  it('takes no answer to what it sent before a suspension, though it is read first afterwards', () => {
    const leader = servingLeader();
    const sentAt = leader.now;
    leader.now += 1;
    leader.suspendedMs += 60_000;
    acknowledge(leader, 2, sentAt);
    expect(leader.did('fence')).toBe(true);
  });

  it.each([
    { words: 'without a guard', guardedUntil: null },
    { words: 'together with its guard', guardedUntil: at(104_000) },
  ])('fences at once where it was stopped $words', ({ guardedUntil }) => {
    const leader = servingLeader({ hasGuard: true });
    leader.guardedUntil = guardedUntil;
    expect(leader.pass(12_000).map(({ kind }) => kind)).toContain('fence');
  });

  it('goes on as long as its guard vouches for where it was stopped alone, and no longer', () => {
    const leader = servingLeader({ hasGuard: true });
    leader.guardedUntil = at(leader.now + 12_000 + 1_500);
    expect(leader.pass(12_000).map(({ kind }) => kind)).not.toContain('fence');
    expect(leader.sent('heartbeat')).toHaveLength(2);
    expect(fencedAfter(leader, 3_000)).toBe(1_500);
  });

  it.each([3_600_000, -3_600_000, 400])(
    'waits a second for answers where only the wall clock jumped by %d ms',
    (ms) => {
      const leader = servingLeader();
      leader.wallJumpMs += ms;
      expect(leader.pass(10).map(({ kind }) => kind)).not.toContain('fence');
      expect(leader.sent('heartbeat')).toHaveLength(2);
      expect(fencedAfter(leader, 3_000)).toBe(1_000);
    },
  );

  it('fences as soon as another leads a higher term as a writable primary', () => {
    const leader = servingLeader();
    const other = heartbeatOf(nodes, { term: term(2), record: recordOf(nodes, 1, 2) });
    leader.receive(2, { ...other, isWritable: false });
    expect(leader.did('fence')).toBe(false);
    leader.receive(2, other);
    expect(leader.did('fence')).toBe(true);
  });

  it('goes on in its term when a halted leader of the one before refuses a heartbeat of an earlier term', () => {
    const leader = servingLeader();
    refuse(leader, 3, { term: term(0), highestTerm: term(1), leader: node(3), leaderIsWritable: true });
    expect(leader.did('fence')).toBe(false);
  });

  it('answers a higher term that nobody leads by a confirmation above it', () => {
    const leader = servingLeader();
    refuse(leader, 3, { highestTerm: term(6) });
    const [request] = leader.sent('voteRequest');
    expect(request).toMatchObject({ term: 7, purpose: 'confirmation', leadsTerm: 1 });
    expect(leader.state.durable.leading?.askedTerm).toBe(7);
  });

  it('yields to nobody who has just said that its state file is lost', () => {
    const leader = servingLeader();
    for (const from of [2, 3]) {
      refuse(leader, from, { highestTerm: term(0), reason: 'noState' });
    }
    leader.observe(primaryServer({ condition: 'crashed', isInRecovery: null }));
    expect(saidLast(leader)).toContain(
      'its PostgreSQL crashed, and no standby could take over: restarts in place',
    );
  });

  it('ends its term only when its PostgreSQL is down, and tells every voter until it has answered', () => {
    const leader = servingLeader();
    fencedAfter(leader, 10_000);
    expect(leader.sent('yield')).toEqual([]);
    leader.finish('fence', { kind: 'down', timeline: [], endOfWal: null });
    expect(leader.state.durable.yielded).toMatchObject({ term: 1, untold: [2, 3] });
    expect(leader.sent('yield')).toHaveLength(2);
    leader.receive(2, { kind: 'yieldAcknowledged', term: term(1) });
    leader.pass(600);
    expect(
      leader.last.actions.filter((it) => it.kind === 'send' && it.message.kind === 'yield'),
    ).toHaveLength(1);
  });
});

describe('a leader whose repmgrd comes back (rules 6, 9)', () => {
  it('has a moment to hear from enough where no guard knows of contact', () => {
    const leader = leaderWithFile(null);
    expect(leader.sent('heartbeat')).toHaveLength(0);
    expect(fencedAfter(leader, 2_000)).toBe(250);
  });

  it('takes over the contact that its guard knows of', () => {
    const leader = leaderWithFile(102_000);
    expect(fencedAfter(leader, 5_000)).toBe(2_000);
  });

  it('takes over no more of it than a lease from now can give: the set may have grown since', () => {
    const leader = leaderWithFile(Number.MAX_SAFE_INTEGER);
    expect(fencedAfter(leader, 60_000)).toBe(5_000 - 750);
  });

  it('takes the other of two out, and in again, that lost its state while nobody else knows their record', () => {
    const leader = leaderWithFile(Number.MAX_SAFE_INTEGER, {}, 2);
    const request = { kind: 'joinRequest', incarnation: 'life 2', hasLostState: true } as const;
    leader.receive(2, { ...request, highestTerm: term(0), position: positionAt(1_000) });
    const said = leader.last.explanations.map(({ sentence }) => sentence);
    expect(said).toContain('takes node2 out of the voters');
    for (let turn = 0; turn < 3; turn += 1) leader.pass(10);
    expect(leader.state.durable.record?.joining).toMatchObject({ node: 2, incarnation: 'life 2' });
  });

  it('leaves a read-only server read-only until enough voters answered', () => {
    const leader = leaderWithFile(null);
    leader.observe(standbyServer({ receiver: null, primaryConninfo: '' }));
    for (let passed = 0; passed < 20_000; passed += 500) leader.pass(500);
    expect(leader.state.running.map(({ purpose }) => purpose)).not.toContain('restartInPlace');
    acknowledge(leader, 2);
    leader.finish('askServers', { kind: 'serversAnswered', answers: [[node(2), 'inRecovery']] });
    expect(leader.did('restartInPlace')).toBe(true);
  });

  it('gives its term up where a higher one is known', () => {
    const leader = leaderWithFile(null);
    leader.observe(standbyServer({ receiver: null, primaryConninfo: '' }));
    refuse(leader, 2, { highestTerm: term(2), leader: node(2), leaderIsWritable: true });
    expect(leader.state.durable.leading).toBeNull();
    expect(leader.sent('yield')).toHaveLength(2);
  });
});

describe('a leader of two (rule 5)', () => {
  it('never fences because the other died', () => {
    const leader = leaderWithFile(null, {}, 2);
    expect(fencedAfter(leader, 60_000)).toBeUndefined();
  });
});
