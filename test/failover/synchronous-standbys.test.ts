import { describe, expect, it } from 'vitest';
import type { SynchronousNames } from '../../src/failover/actions.ts';
import { holdName } from '../../src/failover/hold.ts';
import type { Settings } from '../../src/failover/settings.ts';
import type { SynchronousQuorum } from '../../src/failover/voter-record.ts';
import {
  at,
  durableOfVoter,
  lsn,
  node,
  OneNode,
  positionAt,
  primaryServer,
  recordOf,
  registered,
  settingsOf,
  term,
} from './support/one-node.ts';

const nodes = registered(4);
const leading = { term: term(1), askedTerm: term(1), promotionCalled: false, isPromoted: true };

/** The primary with standbys attached: node, flushed LSN, sync_priority. */
function server(text: string, ...attached: readonly (readonly [number, number, number])[]) {
  return primaryServer({
    endOfWal: lsn(2_000),
    synchronousStandbyNames: text,
    attached: attached.map(([id, flushed, syncPriority]) => ({
      node: node(id),
      flushedLsn: lsn(flushed),
      syncPriority,
    })),
  });
}

class LeaderOfFour {
  readonly core: OneNode;
  /** What it was told of who acknowledges commits. */
  readonly events: string[] = [];

  constructor(synchronous: SynchronousQuorum, part: Partial<Settings> = {}) {
    this.core = new OneNode(settingsOf(1, nodes, { synchronousQuorum: 1, ...part }));
    const record = { ...recordOf(nodes), synchronous };
    this.core.start(durableOfVoter(nodes, { leading, ledOn: positionAt(0).path, record }));
    this.core.observe(server('', [2, 1_000, 0], [3, 1_000, 0]));
    this.hear();
    this.core.pass(250);
    this.hear();
  }

  get synchronous(): SynchronousQuorum | undefined {
    return this.core.state.durable.record?.synchronous;
  }

  /** The others have stored the newest record. */
  hear(): void {
    for (const from of [2, 3, 4]) {
      this.core.receive(from, {
        kind: 'heartbeatAcknowledged',
        term: term(1),
        mark: { incarnation: 'life 1', sentAt: at(this.core.now) },
        position: positionAt(1_000),
        health: 'up',
        candidacy: { kind: 'candidate', priority: 100 },
        storedRecord: this.core.state.durable.record?.version ?? { term: term(1), number: 1 },
        highestTerm: term(1),
      });
      for (const action of this.core.last.actions) {
        if (action.kind === 'recordEvent' && action.event === 'repmgrd_synchronous_quorum')
          this.events.push(action.details);
      }
    }
  }

  pass(ms: number): void {
    for (let passed = 0; passed < ms; passed += 250) {
      this.core.pass(250);
      this.hear();
    }
  }

  /** What PostgreSQL is being told, if anything. */
  get told(): SynchronousNames | null | undefined {
    const { role } = this.core.state;
    const isTold = this.core.state.running.some(({ purpose }) => purpose === 'setSynchronousNames');
    return role.kind === 'leader' && isTold ? role.names.told : undefined;
  }

  written(text: string): void {
    this.core.finish('setSynchronousNames', { kind: 'namesWritten', synchronousStandbyNames: text });
  }
}

function namedLeader(part: Partial<Settings> = {}, required = 1): LeaderOfFour {
  const leader = new LeaderOfFour({ names: [node(2), node(3)], required }, part);
  leader.pass(1_000);
  leader.written('two and three');
  leader.core.observe(server('two and three', [2, 2_000, 1], [3, 2_000, 1]));
  leader.hear();
  return leader;
}

describe('a leader of a cluster with synchronous_quorum (rule 13)', () => {
  it('names its first standbys by way of a hold that a probe has proven', () => {
    const leader = new LeaderOfFour({ names: [], required: 0 });
    leader.pass(1_000);
    expect(leader.core.state.running.map(({ purpose }) => purpose)).toContain('setSynchronousNames');
    leader.core.finish('setSynchronousNames', { kind: 'holdInForce' });
    expect(leader.told).toBeUndefined();
    leader.core.observe(server(holdName, [2, 1_000, 0], [3, 1_000, 0]));
    expect(leader.told).toEqual({ names: [2, 3], required: 1 });
  });

  it('changes the record only when enough of them have flushed what was there when they were in force', () => {
    const leader = new LeaderOfFour({ names: [], required: 0 });
    leader.pass(1_000);
    leader.core.finish('setSynchronousNames', { kind: 'holdInForce' });
    leader.core.observe(server(holdName, [2, 1_000, 0], [3, 1_000, 0]));
    leader.written('two and three');
    leader.core.observe(server('two and three', [2, 2_000, 1], [3, 2_000, 0]));
    expect(leader.synchronous?.required).toBe(0);
    leader.core.observe(server('two and three', [2, 1_999, 1], [3, 1_999, 1]));
    expect(leader.synchronous?.required).toBe(0);
    leader.core.observe(server('two and three', [2, 2_000, 1], [3, 1_999, 1]));
    expect(leader.synchronous).toEqual({ names: [2, 3], required: 1 });
  });

  it('tells of a new K when its record is in force, not when it is written', () => {
    const leader = new LeaderOfFour({ names: [], required: 0 });
    leader.pass(1_000);
    leader.core.finish('setSynchronousNames', { kind: 'holdInForce' });
    leader.core.observe(server(holdName, [2, 1_000, 0], [3, 1_000, 0]));
    leader.written('two and three');
    leader.core.observe(server('two and three', [2, 2_000, 1], [3, 2_000, 1]));
    expect(leader.synchronous?.required).toBe(1);
    expect(leader.events).toEqual([]);
    leader.hear();
    expect(leader.events).toEqual(['each commit is acknowledged by any 1 of node2, node3']);
    leader.hear();
    expect(leader.events).toHaveLength(1);
  });

  it('takes an observation for old that does not show what was written', () => {
    const leader = new LeaderOfFour({ names: [], required: 0 });
    leader.pass(1_000);
    leader.core.finish('setSynchronousNames', { kind: 'holdInForce' });
    leader.core.observe(server(holdName, [2, 1_000, 0], [3, 1_000, 0]));
    leader.written('two and three');
    leader.core.observe(server(holdName, [2, 2_000, 1], [3, 2_000, 1]));
    expect(leader.synchronous?.required).toBe(0);
  });

  it('names a standby that attaches in the record first, then in PostgreSQL', () => {
    const leader = namedLeader();
    leader.core.observe(server('two and three', [2, 2_000, 1], [3, 2_000, 1], [4, 2_000, 0]));
    expect(leader.synchronous?.names).toEqual([2, 3, 4]);
    expect(leader.told).toBeUndefined();
    leader.hear();
    expect(leader.told).toEqual({ names: [2, 3, 4], required: 1 });
  });

  it('takes a standby that is away for a lease out of PostgreSQL first, and ends its walsender', () => {
    const leader = namedLeader();
    const alone = server('two and three', [2, 2_000, 1]);
    for (let passed = 0; passed < 4_500; passed += 500) {
      leader.core.observe(alone);
      leader.pass(500);
    }
    expect(leader.told).toBeUndefined();
    leader.pass(1_000);
    expect(leader.told).toEqual({ names: [2], required: 1 });
    expect(leader.synchronous?.names).toEqual([2, 3]);
    leader.written('two');
    leader.core.observe(server('two', [2, 2_000, 1]));
    expect(leader.synchronous?.names).toEqual([2]);
  });

  it('lets commits wait where too few are there, unless the fall-back is on', () => {
    const waiting = namedLeader({ synchronousQuorum: 2 }, 2);
    waiting.core.observe(server('two and three', [2, 2_000, 1]));
    waiting.pass(6_000);
    expect(waiting.synchronous).toEqual({ names: [2, 3], required: 2 });
    const falling = namedLeader({ synchronousQuorum: 2, synchronousQuorumFallback: true }, 2);
    falling.core.observe(server('two and three', [2, 2_000, 1]));
    falling.pass(6_000);
    expect(falling.synchronous?.required).toBe(1);
  });

  it('raises K by way of a name that nobody has', () => {
    const leader = namedLeader({ synchronousQuorum: 2 });
    expect(leader.told).toEqual({ names: [], required: 1 });
    leader.written('nobody');
    leader.core.observe(server('nobody', [2, 2_000, 1], [3, 2_000, 0]));
    expect(leader.told).toBeUndefined();
    leader.core.observe(server('nobody', [2, 2_000, 0], [3, 2_000, 0]));
    expect(leader.told).toEqual({ names: [2, 3], required: 2 });
    expect(leader.synchronous?.required).toBe(1);
  });

  it('holds no commits by itself while a quorum is in force', () => {
    const leader = namedLeader();
    for (let passed = 0; passed < 3_000; passed += 250) leader.core.pass(250);
    expect(leader.core.state.role).toMatchObject({ kind: 'leader', isHolding: false });
  });

  it('refuses that a standby leaves which K needs', () => {
    const leader = namedLeader({ synchronousQuorum: 2 }, 2);
    leader.core.handle({
      kind: 'operatorRequested',
      requestId: 'leave 2',
      request: { kind: 'leave', node: node(2) },
    });
    const answers = leader.core.last.actions.filter(({ kind }) => kind === 'answerOperator');
    expect(answers).toMatchObject([{ requestId: 'leave 2', isAccepted: false }]);
    expect(leader.core.state.durable.record?.voters).toContain(2);
  });
});
