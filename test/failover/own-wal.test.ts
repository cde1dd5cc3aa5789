import { describe, expect, it } from 'vitest';
import type { ServerObservation } from '../../src/failover/server-observation.ts';
import type { TimelineId } from '../../src/model/timeline.ts';
import {
  durableOfVoter,
  heartbeatOf,
  lsn,
  node,
  OneNode,
  pathOf,
  positionAt,
  primaryServer,
  recordOf,
  registered,
  settingsOf,
  standbyServer,
  term,
} from './support/one-node.ts';

const nodes = registered(3);
const timeline = [
  { timelineId: 1 as TimelineId, beganAt: lsn(0) },
  { timelineId: 2 as TimelineId, beganAt: lsn(500) },
];

/** Node 3 lost its state file; its server is on a timeline 2 that forked where that of the leader did. */
function withoutStateFile(server: Partial<ServerObservation>): OneNode {
  const self = new OneNode(settingsOf(3, nodes));
  self.start(null);
  self.observe(standbyServer({ timeline, receiver: null, ...server }));
  const position = positionAt(1_200, pathOf([1, 0, 1], [2, 500, 3]));
  self.receive(2, heartbeatOf(nodes, { term: term(3), record: recordOf(nodes, 1, 3), position }));
  return self;
}

describe('a node that lost its state file, on a timeline of the leader’s number and fork', () => {
  it('is cloned anew where its server was given no upstream: it may have made that timeline itself', () => {
    const self = withoutStateFile({ primaryConninfo: '' });
    expect(self.last.actions).toContainEqual(
      expect.objectContaining({ kind: 'rejoin', node: 2, hasStrayed: true }),
    );
  });

  it('is left to its rejoin while that stops its server and brings the settings of another', () => {
    const self = withoutStateFile({ primaryConninfo: '' });
    const stopped = standbyServer({
      condition: 'shutDown',
      receiver: null,
      primaryConninfo: 'host=elsewhere',
    });
    self.observe(stopped);
    expect(self.did('freeze')).toBe(false);
  });

  it('follows where its server is a standby that has just no connection', () => {
    const self = withoutStateFile({});
    expect(self.did('follow')).toBe(true);
    expect(self.state.durable.hasStrayed).toBe(false);
  });
});

describe('a node that lost its state file, and whose server somebody started writable', () => {
  it('has strayed once it is fenced: what it wrote bears the numbers of another', () => {
    const self = new OneNode(settingsOf(3, nodes));
    self.start(null);
    self.observe(standbyServer());
    self.receive(2, heartbeatOf(nodes, { term: term(3), record: recordOf(nodes, 1, 3) }));
    self.observe(primaryServer());
    expect(self.did('fence')).toBe(true);
    expect(self.state.durable.hasStrayed).toBe(true);
  });
});

describe('a server that was fenced though its repmgrd led no term', () => {
  it('is started as a standby again where the first start failed', () => {
    const self = new OneNode(settingsOf(3, nodes));
    self.start(null);
    self.observe(standbyServer());
    self.receive(2, heartbeatOf(nodes, { term: term(3), record: recordOf(nodes, 1, 3) }));
    self.observe(primaryServer());
    self.finish('fence', { kind: 'down', timeline: null, endOfWal: null });
    expect(self.did('startAsStandby')).toBe(true);
    self.fail('startAsStandby', 'the shared memory is still in use');
    expect(self.pass(1_000).map(({ kind }) => kind)).not.toContain('startAsStandby');
    const later = [...self.pass(30_000), ...self.pass(1_000)];
    expect(later.map(({ kind }) => kind)).toContain('startAsStandby');
  });
});

describe('the primary that lost its state file', () => {
  it('is told who made its timelines before its server was looked at, and asks to lead on them at once', () => {
    const self = new OneNode(settingsOf(1, nodes));
    self.start(null, { namesTerm: true });
    self.receive(2, {
      kind: 'statusAnswer',
      round: self.state.statusRound,
      highestTerm: term(1),
      leader: node(1),
      leaderTerm: term(1),
      ledTerm: term(0),
      line: { term: term(1), path: pathOf([1, 0, 1]) },
      refusal: 'leaseInForce',
      leaseLeftMs: 1_000,
      record: recordOf(nodes),
      position: positionAt(1_000),
      health: 'up',
      candidacy: { kind: 'candidate', priority: 100 },
    });
    self.observe(primaryServer());
    expect(self.state.position?.path).toEqual(pathOf([1, 0, 1]));
  });
});

describe('a standby whose repmgrd starts', () => {
  it('follows the leader that it knew once it has heard of it again', () => {
    const self = new OneNode(settingsOf(3, nodes));
    self.start(durableOfVoter(nodes));
    self.observe(standbyServer({ receiver: null }));
    self.pass(500);
    expect(self.did('follow')).toBe(false);
    self.receive(1, heartbeatOf(nodes));
    expect(self.did('follow')).toBe(true);
  });
});

describe('a promotion that nobody saw end', () => {
  it('is told as the newest line when its term ends, since it may have let commits through', () => {
    const self = new OneNode(settingsOf(2, nodes));
    const leading = { term: term(2), askedTerm: term(2), promotionCalled: true, isPromoted: false };
    self.start(durableOfVoter(nodes, { term: term(2), leading }));
    const ended = { timeline, endOfWal: lsn(1_200) };
    self.observe(standbyServer({ ...ended, condition: 'crashed', postmaster: null, receiver: null }));
    self.pass(self.state.settings.reconnectMs);
    self.finish('fence', { kind: 'down', ...ended });
    expect(self.state.durable.yielded).toMatchObject({ term: 2, reason: 'promotionFailed' });
    expect(self.state.durable.line).toEqual({ term: 2, path: pathOf([1, 0, 1], [2, 500, 2]) });
  });
});
