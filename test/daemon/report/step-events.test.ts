import { describe, expect, it } from 'vitest';
import { eventsOfStep } from '../../../src/daemon/report/step-events.ts';
import { emptyDurable, initialState } from '../../../src/failover/initial-state.ts';
import { newLeader } from '../../../src/failover/leader-state.ts';
import type { MonotonicMs } from '../../../src/failover/instant.ts';
import type { ServerCondition } from '../../../src/failover/server-observation.ts';
import type { State } from '../../../src/failover/state.ts';
import type { Term } from '../../../src/failover/term.ts';
import type { VoterRecord } from '../../../src/failover/voter-record.ts';
import type { NodeId } from '../../../src/model/node.ts';
import { noServer } from '../../../src/daemon/observe/observation.ts';
import { plainSettings } from '../../support/failover-settings.ts';

const base: State = {
  ...initialState({ ...plainSettings, self: 1 as NodeId, nodes: [] }),
  metadata: {
    nodes: [1, 2, 3].map((id) => ({ id: id as NodeId, name: `node${id}`, isWitness: false, upstream: null })),
    primary: 1 as NodeId,
    namesTerm: true,
  },
};
const record: VoterRecord = {
  version: { term: 3 as Term, number: 1 },
  voters: [1, 2] as NodeId[],
  replacedVoters: null,
  joining: null,
  pause: null,
  synchronous: { names: [], required: 0 },
  failovers: [],
};
const leading = (
  part: { readonly isHolding?: boolean; readonly isPaused?: boolean },
  of: VoterRecord,
): State => ({
  ...base,
  durable: { ...emptyDurable, record: of },
  role: {
    ...newLeader(3 as Term, 0 as MonotonicMs, of),
    stage: 'serving',
    since: 0 as MonotonicMs,
    isPaused: false,
    bootIdAtStart: '',
    ...part,
  },
});
const namesOf = (before: State, after: State) => eventsOfStep(before, after, []).map(({ name }) => name);
const withServer = (condition: ServerCondition, isInRecovery: boolean): State => ({
  ...base,
  server: { ...noServer, condition, isInRecovery, postmaster: '1' },
});

describe('the events of a step', () => {
  it('are none where nothing that people want to know has changed', () => {
    expect(eventsOfStep(base, { ...base }, [])).toEqual([]);
  });

  it('tell of a yield with its reason, once', () => {
    const yielded = {
      term: 3 as Term,
      upToTerm: 3 as Term,
      promotionCalled: true,
      reason: 'crash' as const,
      successor: null,
      untold: [2 as NodeId],
    };
    const after = { ...base, durable: { ...emptyDurable, yielded } };
    expect(eventsOfStep(base, after, [])).toEqual([
      {
        name: 'repmgrd_yield',
        isSuccessful: true,
        details: 'this node gives up term 3: its PostgreSQL crashed',
      },
    ]);
    expect(
      namesOf(after, { ...after, durable: { ...after.durable, yielded: { ...yielded, untold: [] } } }),
    ).toEqual([]);
  });

  it('tell of holds and pauses of a leader when they begin and end', () => {
    expect(namesOf(leading({}, record), leading({ isHolding: true }, record))).toEqual([
      'repmgrd_commit_hold',
    ]);
    expect(namesOf(leading({ isHolding: true }, record), leading({}, record))).toEqual([
      'repmgrd_commit_release',
    ]);
    expect(namesOf(leading({}, record), leading({ isPaused: true }, record))).toEqual(['repmgrd_pause']);
    expect(namesOf(leading({ isPaused: true }, record), leading({}, record))).toEqual(['repmgrd_unpause']);
  });

  it('tell who votes from now on when the change is in force, not while it is pending', () => {
    const pending: VoterRecord = {
      ...record,
      voters: [1, 3] as NodeId[],
      replacedVoters: [1, 2] as NodeId[],
    };
    const inForce: VoterRecord = { ...pending, replacedVoters: null };
    expect(namesOf(leading({}, record), leading({}, pending))).toEqual([]);
    expect(eventsOfStep(leading({}, pending), leading({}, inForce), [])).toEqual([
      { name: 'repmgrd_voter_joined', isSuccessful: true, details: 'node3 votes from now on', related: 3 },
      { name: 'repmgrd_voter_left', isSuccessful: true, details: 'node2 has no vote any more', related: 2 },
    ]);
  });

  it('tell when a server is lost and when it is back, as a primary and as a standby', () => {
    expect(namesOf(withServer('running', true), withServer('crashed', true))).toEqual(['standby_failure']);
    expect(namesOf(withServer('running', false), withServer('shutDown', false))).toEqual([
      'repmgrd_local_disconnect',
    ]);
    expect(namesOf(withServer('crashed', true), withServer('starting', true))).toEqual([]);
    expect(namesOf(withServer('starting', true), withServer('running', true))).toEqual(['standby_recovery']);
    expect(namesOf(withServer('starting', false), withServer('running', false))).toEqual([
      'repmgrd_local_reconnect',
    ]);
    expect(namesOf(withServer('running', false), withServer('stalled', false))).toEqual([
      'repmgrd_write_stall',
    ]);
  });

  it('tell of a state file that cannot be written, and of decisions that nothing else shows', () => {
    expect(namesOf(base, { ...base, isStored: false })).toEqual(['repmgrd_state_error']);
    const decided = (decision: 'promotionFailed' | 'diverged' | 'wait') =>
      eventsOfStep(base, base, [{ rule: 4, decision, sentence: 'because', evidence: {} }]);
    expect(decided('promotionFailed')).toEqual([
      { name: 'repmgrd_promote_error', isSuccessful: false, details: 'because' },
    ]);
    expect(decided('diverged')).toMatchObject([{ name: 'repmgrd_diverged', isSuccessful: false }]);
    expect(decided('wait')).toEqual([]);
  });
});
