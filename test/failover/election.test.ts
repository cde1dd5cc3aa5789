import { describe, expect, it } from 'vitest';
import { bounds } from '../../src/failover/bounds.ts';
import type { Refusal } from '../../src/failover/messages.ts';
import type { Settings } from '../../src/failover/settings.ts';
import {
  at,
  durableOfVoter,
  heartbeatOf,
  node,
  OneNode,
  positionAt,
  primaryServer,
  recordOf,
  registered,
  settingsOf,
  standbyServer,
  term,
  voteRequestOf,
} from './support/one-node.ts';

const nodes = registered(3);

/** Node 3 of three, a standby that last heard node 1 lead term 1 before it started. */
function standby(part: Partial<Settings> = {}): OneNode {
  const self = new OneNode(settingsOf(3, nodes, part));
  self.start(durableOfVoter(nodes));
  self.observe(standbyServer());
  return self;
}

/** Passes time as ticks come, and collects what it says about elections. */
function staysOut(self: OneNode, ms: number): readonly string[] {
  const said: string[] = [];
  for (let passed = 0; passed < ms; passed += 50) {
    self.pass(50);
    said.push(...saidLast(self));
  }
  return said;
}

function saidLast(self: OneNode): readonly string[] {
  return self.last.explanations
    .filter(({ decision }) => decision === 'stayOut')
    .map(({ sentence }) => sentence);
}

function answerStatus(self: OneNode, from: number, refusal: Refusal | null): void {
  self.receive(from, {
    kind: 'statusAnswer',
    round: self.state.statusRound,
    highestTerm: term(1),
    leader: node(1),
    leaderTerm: term(1),
    ledTerm: term(0),
    line: null,
    refusal,
    leaseLeftMs: 0,
    record: recordOf(nodes),
    position: positionAt(1_000),
    health: 'up',
    candidacy: { kind: 'none', reason: 'its priority is 0' },
  });
}

/** The lease of node 1 has ended, node 2 would vote: it asks the servers before it stands. */
function aboutToStand(): OneNode {
  const self = standby();
  while (self.state.role.kind !== 'canvassing') self.pass(50);
  answerStatus(self, 2, null);
  self.pass(250);
  return self;
}

const silent = {
  kind: 'serversAnswered',
  answers: [
    [node(1), 'silent'],
    [node(2), 'inRecovery'],
  ],
} as const;

describe('a standby whose leader is silent (rule 2)', () => {
  it('says why no election is possible when that begins, and when it changes, and not each time', () => {
    const self = standby();
    expect(staysOut(self, 20_000)).toEqual([
      'no election, since too few would vote for it: node1 does not answer; node2 does not answer',
    ]);
    while (self.state.role.kind !== 'canvassing') self.pass(50);
    // Who was silent a moment ago is not waited for.
    answerStatus(self, 2, 'paused');
    expect(saidLast(self)).toEqual([
      'no election, since too few would vote for it: node1 does not answer; node2 says that failover is paused',
    ]);
  });

  it('says it anew after a leader was heard', () => {
    const self = standby();
    expect(staysOut(self, 10_000)).toHaveLength(1);
    self.receive(1, heartbeatOf(nodes));
    expect(staysOut(self, 10_000)).toHaveLength(1);
  });

  it('tells an operator each time', () => {
    const self = standby();
    staysOut(self, 10_000);
    self.handle({
      kind: 'operatorRequested',
      requestId: 'request 1',
      request: { kind: 'promote', isForced: false },
    });
    expect(staysOut(self, 1_100)).toHaveLength(1);
  });

  it('tells an operator at once that the lease of another is in force', () => {
    const self = standby();
    self.handle({
      kind: 'operatorRequested',
      requestId: 'during a lease',
      request: { kind: 'promote', isForced: false },
    });
    answerStatus(self, 1, 'leadsItself');
    answerStatus(self, 2, 'leaseInForce');
    expect(saidLast(self)).toEqual([
      'no election, since too few would vote for it: ' +
        'node1 says that it leads a term itself; node2 says that its lease to another is in force',
    ]);
  });

  it('stands when nothing speaks against it', () => {
    const self = aboutToStand();
    self.finish('askServers', silent);
    self.freezeEnds();
    expect(self.sent('voteRequest')).toHaveLength(2);
    expect(self.state.durable.vote).toMatchObject({ term: 2, candidate: 3 });
  });

  it('does not stand while its server is starting: it could not be promoted', () => {
    const self = standby();
    self.observe(standbyServer({ condition: 'starting', receiver: null }));
    for (let passed = 0; passed < 10_000; passed += 50) self.pass(50);
    expect(self.state.role.kind).toBe('follower');
    self.observe(standbyServer({ receiver: null }));
    self.pass(50);
    expect(self.state.role.kind).toBe('canvassing');
  });

  it('votes for who asked first, before it stands itself', () => {
    const self = aboutToStand();
    self.receive(2, voteRequestOf(nodes, { mark: { incarnation: 'candidate 1', sentAt: at(1) } }));
    self.finish('askServers', silent);
    self.freezeEnds();
    expect(self.state.durable.vote).toMatchObject({ term: 2, candidate: 2 });
    expect(self.state.role.kind).toBe('follower');
  });

  it('lets the better ones go first in each election, not in the first one only', () => {
    const self = standby();
    self.receive(1, heartbeatOf(nodes));
    const role = { ...self.state.role, hasWaited: true } as typeof self.state.role;
    self.state = { ...self.state, role };
    self.receive(1, heartbeatOf(nodes));
    expect(self.state.role).toMatchObject({ kind: 'follower', hasWaited: false });
  });
});

describe('a standby whose stream breaks', () => {
  it('is told to follow again only if it has not come back by itself for a while', () => {
    const self = standby();
    self.receive(1, heartbeatOf(nodes));
    for (let passed = 0; passed < 20_000; passed += 500) {
      self.receive(1, heartbeatOf(nodes, { mark: { incarnation: 'leader 1', sentAt: at(self.now) } }));
      self.pass(500);
    }
    const toldAfter = (ms: number) => {
      self.now += ms;
      self.receive(1, heartbeatOf(nodes, { mark: { incarnation: 'leader 1', sentAt: at(self.now) } }));
      return self.did('follow');
    };
    self.observe(standbyServer({ receiver: null }));
    expect(self.did('follow')).toBe(false);
    expect(toldAfter(2_000)).toBe(false);
    expect(toldAfter(3_500)).toBe(true);
  });
});

describe('a leader whose PostgreSQL crashed (rule 7)', () => {
  const leading = { term: term(1), askedTerm: term(1), promotionCalled: false, isPromoted: true };
  const failovers = [1, 2].map((count) => ({ term: term(count), wallMs: 1_700_000_000_000 }));

  function acknowledge(self: OneNode, from: number): void {
    self.receive(from, {
      kind: 'heartbeatAcknowledged',
      term: term(1),
      mark: { incarnation: 'life 1', sentAt: at(self.now) },
      position: positionAt(1_000),
      health: 'up',
      candidacy: { kind: 'candidate', priority: 100 },
      storedRecord: { term: term(1), number: 1 },
      highestTerm: term(1),
    });
  }

  function crashed(failoverLimit: number): OneNode {
    const self = new OneNode(settingsOf(1, nodes, { failoverLimit }));
    const record = { ...recordOf(nodes), failovers };
    self.start(durableOfVoter(nodes, { leading, ledOn: positionAt(0).path, record }));
    self.observe(primaryServer());
    for (const from of [2, 3]) acknowledge(self, from);
    self.pass(bounds.restartJudgementMs);
    self.observe(primaryServer({ condition: 'crashed', postmaster: null, isInRecovery: null }));
    return self;
  }

  it('yields where a standby can take over, however young its repmgrd is', () => {
    expect(crashed(0).state.role).toMatchObject({ kind: 'retiring', reason: 'crash' });
  });

  it('waits first where repmgrd never saw it up: it may be on its way', () => {
    const self = new OneNode(settingsOf(1, nodes));
    self.start(durableOfVoter(nodes, { leading, ledOn: positionAt(0).path }));
    self.observe(primaryServer({ condition: 'crashed', postmaster: null, isInRecovery: null }));
    for (const from of [2, 3]) acknowledge(self, from);
    self.pass(self.state.settings.reconnectMs - 1_000);
    expect(self.state.role).toMatchObject({ kind: 'leader', stage: 'checking' });
  });

  it.each([
    { words: 'yields where its start after a boot lasts for too long', bootId: 'boot 2', kind: 'retiring' },
    {
      words: 'is left alone where it runs, and does not answer a new repmgrd',
      bootId: 'boot 1',
      kind: 'leader',
    },
  ])('$words', ({ bootId, kind }) => {
    const self = new OneNode(settingsOf(1, nodes));
    self.start(durableOfVoter(nodes, { leading, ledOn: positionAt(0).path }), { bootId });
    const { reconnectMs } = self.state.settings;
    self.observe(primaryServer({ condition: 'starting', isInRecovery: null }));
    self.pass(reconnectMs);
    for (const from of [2, 3]) acknowledge(self, from);
    self.observe(primaryServer({ condition: 'hanging', isInRecovery: null }));
    expect(self.state.role.kind).toBe(kind);
  });

  it('is restarted in place after too many failovers, and an event says so', () => {
    const self = crashed(2);
    expect(self.state.role).toMatchObject({ kind: 'leader', stage: 'goingDown' });
    expect(self.last.actions).toContainEqual(
      expect.objectContaining({
        kind: 'recordEvent',
        event: 'repmgrd_failover_blocked',
        isSuccessful: false,
      }),
    );
  });
});
