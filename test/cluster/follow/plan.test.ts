import { describe, expect, it } from 'vitest';
import type { FollowFacts } from '../../../src/cluster/follow/facts.ts';
import { planFollow } from '../../../src/cluster/follow/plan.ts';
import type { FollowWish } from '../../../src/cluster/follow/wish.ts';
import type { RepmgrError } from '../../../src/errors.ts';
import type { Lsn } from '../../../src/model/lsn.ts';
import type { TimelineHistory } from '../../../src/model/timeline.ts';
import type { ReplicationSlot } from '../../../src/postgres/replication-slots.ts';
import { serverVersion } from '../../../src/postgres/version.ts';
import { aNode, id, lsn } from '../disagreements/a-cluster.ts';
import { type Changes, facts, left, timeline, wish } from './a-follow.ts';

function aSlot(kind: ReplicationSlot['kind'], isActive: boolean): ReplicationSlot {
  return { name: 'repmgr_slot_3', kind, isActive, isLost: false };
}

function refusal(given: FollowFacts, changes: Partial<FollowWish> = {}): RepmgrError {
  try {
    planFollow(given, { ...wish, ...changes });
  } catch (error) {
    return error as RepmgrError;
  }
  throw new Error('it was not refused');
}

describe('the plan of a follow', () => {
  it('looks for its slot also where it really streamed from, whatever the metadata say', () => {
    const nodes = [
      aNode(1, { role: 'primary', upstreamNodeId: undefined, conninfo: 'host=node1 port=5432' }),
      aNode(2, { conninfo: 'host=node2' }),
      aNode(3, { upstreamNodeId: id(2), conninfo: 'host=node3' }),
      aNode(4, { conninfo: 'host=node1 port=5433' }),
    ];
    const given = (primaryConninfo: string) =>
      facts({ upstream: { nodes }, local: { settings: { primary_conninfo: primaryConninfo } } });
    const dropped = (conninfo: string) =>
      planFollow(given(conninfo), { ...wish, usesSlot: true }).formerUpstreams.map((node) => node.id);
    expect(dropped('user=repmgr host=node1')).toEqual([1]);
    expect(dropped('host=node1 port=5433')).toEqual([4]);
    expect(dropped('host=node2')).toEqual([]);
    expect(dropped('')).toEqual([]);
  });

  it('tells each step in the order in which it is done, and no password', () => {
    const plan = planFollow(facts(), { ...wish, usesSlot: true });
    expect(plan.steps).toEqual([
      'create the replication slot "repmgr_slot_3" on node "node2" (ID: 2)',
      'write the recovery settings in "/data": primary_conninfo = "host=node2 user=repmgr password=*** application_name=node3"',
      'let the server read them: call pg_reload_conf()',
      'wait up to 30 seconds until it streams from node "node2" (ID: 2)',
      'record node "node3" (ID: 3) as a standby of node "node2" (ID: 2)',
      'drop the replication slot "repmgr_slot_3" on node "node1" (ID: 1), if it is there',
    ]);
    expect(plan.settings).toEqual({
      primary_conninfo: 'host=node2 user=repmgr password=hush application_name=node3',
      primary_slot_name: 'repmgr_slot_3',
      recovery_target_timeline: 'latest',
    });
    expect(planFollow(facts(), wish).settings).toMatchObject({ primary_slot_name: undefined });
  });

  it('leaves the slot and the settings to the repmgrd of this node where that has to judge it', () => {
    const plan = planFollow({ ...facts(), isThroughRepmgrd: true }, { ...wish, usesSlot: true });
    expect(plan.steps.slice(0, 2)).toEqual([
      'have the repmgrd of this node judge whether it may follow node "node2" (ID: 2), and attach it, with the settings of repmgr.conf',
      'wait up to 30 seconds until it streams from node "node2" (ID: 2)',
    ]);
  });

  it('reloads where PostgreSQL can, and restarts or starts where it must', () => {
    const activation = (changes: Changes, wished: Partial<FollowWish> = {}) =>
      planFollow(facts(changes), { ...wish, ...wished }).activation;
    const ten = serverVersion(100_023);
    expect(activation({})).toBe('reload');
    expect(activation({}, { mustRestart: true })).toBe('restart');
    expect(activation({ running: { recoveryTargetTimeline: 'current' } })).toBe('restart');
    expect(activation({ local: { version: ten }, upstream: { version: ten } })).toBe('restart');
    const control = {
      systemIdentifier: '74',
      state: 'shut down',
      checkpointLsn: lsn('0/5000000'),
      timelineId: timeline(1),
      minimumRecoveryLsn: undefined,
    } as const;
    expect(activation({ local: { state: { kind: 'stopped', control } } })).toBe('start');
  });

  it('reloads by the service command, by SQL, or by pg_ctl where the role may not', () => {
    const step = (changes: Changes) => planFollow(facts(changes), wish).steps[1];
    const server = { ...facts().local.server, commands: { reload: 'sudo reload' } };
    expect(step({ local: { server } })).toBe('reload the server: run "sudo reload"');
    expect(step({ running: { mayReloadBySql: false } })).toBe(
      'reload the server: run "pg_ctl reload -D /data"',
    );
  });

  it('writes what is wished of delay and archive, and leaves alone what is not', () => {
    const recovery = { minApplyDelay: '5min', restoreCommand: 'cp', archiveCleanupCommand: undefined };
    expect(Object.keys(planFollow(facts(), { ...wish, recovery }).settings)).toEqual([
      'primary_conninfo',
      'primary_slot_name',
      'recovery_target_timeline',
      'recovery_min_apply_delay',
      'restore_command',
    ]);
    const old = serverVersion(90_325);
    const given = facts({ local: { version: old }, upstream: { version: old } });
    expect(refusal(given, { recovery })).toMatchObject({ code: 'usage', exitCode: 1 });
  });

  it('uses a slot that is there, also its own active one, and refuses one of somebody else', () => {
    const usesSlot = true;
    const inactive = facts({ upstream: { slots: [aSlot('physical', false)] } });
    expect(planFollow(inactive, { ...wish, usesSlot }).slot).toMatchObject({ isInUse: false });
    const slots = [aSlot('physical', true)];
    const own = { pid: 7, applicationName: 'node3', userName: 'repmgr', clientAddress: undefined };
    const unknown = { state: 'streaming', sentLsn: undefined, flushedLsn: undefined, replayedLsn: undefined };
    const followers = [{ ...own, ...unknown, syncState: 'async' }];
    const streaming = facts({ upstream: { slots, followers } });
    expect(planFollow(streaming, { ...wish, usesSlot }).slot).toMatchObject({ isInUse: true });
    expect(refusal(facts({ upstream: { slots } }), { usesSlot })).toMatchObject({ code: 'slot_unavailable' });
    const renamed = facts({
      upstream: { slots, followers: followers.map((it) => ({ ...it, applicationName: 'former' })) },
      local: { settings: { primary_conninfo: 'host=node2 application_name=former' } },
    });
    expect(planFollow(renamed, { ...wish, usesSlot }).slot).toMatchObject({ isInUse: true });
    const logical = facts({ upstream: { slots: [aSlot('logical', false)] } });
    expect(refusal(logical, { usesSlot })).toMatchObject({ code: 'slot_unavailable' });
    const full = facts({ upstream: { maxReplicationSlots: 0 } });
    expect(refusal(full, { usesSlot })).toMatchObject({ code: 'slot_unavailable', exitCode: 7 });
    expect(refusal(facts({ upstream: { slots: undefined } }), { usesSlot })).toMatchObject({
      code: 'slot_unavailable',
      exitCode: 7,
    });
    const lost = facts({ upstream: { slots: [{ ...aSlot('physical', false), isLost: true }] } });
    expect(planFollow(lost, { ...wish, usesSlot }).steps[0]).toMatch(/anew: it has lost its WAL$/);
  });

  it('warns of a second primary beside the one that was named', () => {
    const plan = planFollow(facts({ upstream: { otherPrimaries: [aNode(1)] } }), wish);
    expect(plan.warnings.map(({ message }) => message)).toEqual([
      'beside node "node2" (ID: 2), node "node1" (ID: 1) accepts writes too',
    ]);
  });
});

describe('a follow is refused', () => {
  it('where the local server has WAL beyond the point at which the other one left its timeline', () => {
    const at = (text: string, ...rest: readonly [TimelineHistory?, number?]) => {
      const [history = [], timelineId = 1] = rest;
      return { local: { position: { timelineId: timeline(timelineId), lsn: lsn(text), history } } };
    };
    expect(() => planFollow(facts(at('0/5000060')), wish)).not.toThrow();
    const error = refusal(facts(at('0/5000061')));
    expect(error).toMatchObject({ code: 'timeline_diverged', exitCode: 1 });
    expect(error.detail).toBe(
      'The local server is on timeline 1, its WAL reaches 0/5000061; "node2" (ID: 2) is on timeline 2, and the two parted on timeline 1 at 0/5000060.',
    );
    expect(error.hint).toContain('repmgr -f node3.conf -h node2 -p 5432 -D /data --force standby clone');

    // The same number, begun elsewhere: both were promoted from timeline 1.
    expect(refusal(facts(at('0/5000100', left([1, '0/4000000']), 2)))).toMatchObject({
      code: 'timeline_diverged',
    });
    expect(() => planFollow(facts(at('0/5000100', left([1, '0/5000060']), 2)), wish)).not.toThrow();
    // On the primary's timeline, but ahead of it: the primary has lost what was sent.
    expect(refusal(facts(at('0/5000201', left([1, '0/5000060']), 2))).detail).toBe(
      'The local server is on timeline 2, its WAL reaches 0/5000201; that of "node2" (ID: 2) ends at 0/5000200.',
    );
    // On a later timeline than the server to follow.
    expect(refusal(facts(at('0/5000300', left([1, '0/5000060'], [2, '0/5000280']), 3)))).toMatchObject({
      code: 'timeline_diverged',
    });
  });

  it('where nobody can tell how far its WAL reaches, or on which history', () => {
    expect(refusal(facts({ local: { position: undefined } }))).toMatchObject({ code: 'timeline_diverged' });
    const position = { timelineId: timeline(2), lsn: lsn('0/5000100') as Lsn, history: undefined };
    expect(refusal(facts({ local: { position } })).detail).toContain('of another history');
    const known = facts({
      local: { position },
      upstream: { historyOfLocalTimeline: left([1, '0/5000060']) },
    });
    expect(() => planFollow(known, wish)).not.toThrow();
  });

  it('where the servers are of different clusters or versions, or one and the same', () => {
    expect(refusal(facts({ local: { systemIdentifier: '75' } }))).toMatchObject({
      code: 'system_identifier_differs',
      detail: 'It has system identifier 75, node "node2" (ID: 2) has 74.',
    });
    expect(refusal(facts({ local: { version: serverVersion(140_000) } }))).toMatchObject({
      code: 'server_version_differs',
    });
    expect(refusal(facts({ upstream: { instance: '3000.5 5432' } }))).toMatchObject({
      code: 'upstream_unusable',
    });
  });

  it('where the local server is a primary, with how to make it a standby', () => {
    const { state } = facts().local;
    if (state.kind !== 'running') throw new Error('node 3 runs');
    const error = refusal(facts({ running: { status: { ...state.status, isInRecovery: false } } }));
    expect(error).toMatchObject({ code: 'not_a_standby', exitCode: 1 });
    expect(error.hint).toContain('repmgr -f node3.conf -h node2 -p 5432 -D /data standby follow');
  });

  it('where the node is not registered, or would follow itself through others', () => {
    expect(refusal(facts({ upstream: { nodes: [aNode(2)] } }))).toMatchObject({
      code: 'node_not_registered',
      exitCode: 1,
    });
    const nodes = [
      aNode(1, { upstreamNodeId: undefined }),
      aNode(2, { upstreamNodeId: id(4) }),
      aNode(3),
      aNode(4, { upstreamNodeId: id(3) }),
    ];
    const cascade = {
      node: aNode(2, { upstreamNodeId: id(4) }),
      nodes,
      primaryId: id(1),
      isInRecovery: true,
    };
    expect(refusal(facts({ upstream: cascade }))).toMatchObject({ code: 'upstream_unusable', exitCode: 1 });
    const witness = { ...cascade, node: aNode(4, { role: 'witness' }) };
    expect(refusal(facts({ upstream: witness }))).toMatchObject({ code: 'upstream_unusable' });
    // A new primary may still be registered as a standby of the one that wants to follow it.
    const promoted = { node: aNode(2, { upstreamNodeId: id(3) }), primaryId: id(2) };
    expect(() => planFollow(facts({ upstream: promoted }), wish)).not.toThrow();
  });
});
