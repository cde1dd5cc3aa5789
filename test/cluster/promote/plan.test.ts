import { describe, expect, it } from 'vitest';
import type { PromotionFacts } from '../../../src/cluster/promote/inspect.ts';
import { planPromotion } from '../../../src/cluster/promote/plan.ts';
import type { PromotionWish } from '../../../src/cluster/promote/wish.ts';
import type { NodeObservation } from '../../../src/cluster/survey.ts';
import type { RepmgrError } from '../../../src/errors.ts';
import type { ServerStatus } from '../../../src/postgres/queries/server-status.ts';
import { aLostNode, aNode, aPrimary, aStandby, id, lsn, slot } from '../disagreements/a-cluster.ts';

const wish: PromotionWish = {
  force: false,
  isByElection: false,
  deadlineMs: 60_000,
  ownCommand: (words) => `repmgr -f node2.conf ${words}`,
};

function statusOf({ answer }: NodeObservation): ServerStatus {
  if (answer.kind !== 'answered') throw new Error('this node did not answer');
  return answer.status;
}

/** Node 2 of three, whose primary, node 1, is gone. */
function facts(changes: Partial<PromotionFacts> = {}, local: Partial<ServerStatus> = {}): PromotionFacts {
  const own = aStandby(2, 1, { walReceiver: 'absent', ...local });
  const observations = [aLostNode(1), own, aStandby(3, 1)];
  return {
    nodeId: id(2),
    nodes: observations.map(({ node }) => node),
    recordedSystemIdentifier: '7400000000000000001',
    local: statusOf(own),
    observations,
    server: {
      dataDirectory: '/data',
      configDirectory: undefined,
      programDirectory: undefined,
      pgCtlOptions: '',
      commands: {},
    },
    mayPromoteBySql: true,
    applyDelay: undefined,
    ...changes,
  };
}

function refusal(given: PromotionFacts, changes: Partial<PromotionWish> = {}): RepmgrError {
  try {
    planPromotion(given, { ...wish, ...changes });
  } catch (error) {
    return error as RepmgrError;
  }
  throw new Error('the promotion was not refused');
}

describe('the plan of a promotion', () => {
  it('tells each step in the order in which it is done', () => {
    const plan = planPromotion(facts({}, { slots: [slot(7, false)] }), wish);
    expect(plan.steps).toEqual([
      'drop the inactive replication slot "repmgr_slot_7", which no follower needs',
      'promote the local server: call pg_promote()',
      'wait up to 60 seconds until it accepts writes',
      'record node "node1" (ID: 1) as inactive',
      'record node "node2" (ID: 2) as the active primary',
      'make a checkpoint, so that pg_rewind sees the new timeline',
    ]);
    expect(plan).toMatchObject({ method: 'function', warnings: [], slotsToDrop: ['repmgr_slot_7'] });
    expect(plan.steps).toContain(plan.promotionStep);
  });

  it('leaves slots, metadata and the promotion itself to repmgrd where one runs', () => {
    const given = facts({}, { slots: [slot(7, false)] });
    const plan = planPromotion(given, { ...wish, isByElection: true });
    expect(plan).toMatchObject({ method: 'election', slotsToDrop: [] });
    expect(plan.steps).toEqual([
      'have the repmgrds elect this node, which promotes it',
      'wait up to 60 seconds until it accepts writes',
    ]);
    expect(planPromotion(given, { ...wish, isByElection: true, force: true }).promotionStep).toMatch(
      /^have repmgrd make this node the primary, without a majority/,
    );
  });

  it('gives a server that a hand made writable the lead only by force, and only where repmgrd runs', () => {
    const writable = facts({}, { isInRecovery: false });
    expect(refusal(writable, { isByElection: true }).code).toBe('not_a_standby');
    expect(refusal(writable, { force: true }).code).toBe('not_a_standby');
    expect(planPromotion(writable, { ...wish, isByElection: true, force: true }).method).toBe('election');
  });

  it('prefers the service command, then pg_promote(), then pg_ctl', () => {
    const step = (given: PromotionFacts) => planPromotion(given, wish).promotionStep;
    const server = { ...facts().server, commands: { promote: 'sudo promote --password=x' } };
    expect(step(facts({ server }))).toBe('promote the local server: run "sudo promote --password=***"');
    expect(step(facts())).toBe('promote the local server: call pg_promote()');
    expect(step(facts({ mayPromoteBySql: false }))).toBe(
      'promote the local server: run "pg_ctl promote -D /data -W"',
    );
    const nowhere = { ...facts().server, dataDirectory: undefined };
    const error = refusal(facts({ mayPromoteBySql: false, server: nowhere }));
    expect(error).toMatchObject({ code: 'data_directory_unusable', exitCode: 1 });
    expect(error.hint).toContain('service_promote_command');
  });

  it('drops slots of repmgr that nobody uses and no follower needs, and no other', () => {
    const slots = [slot(1, false), slot(3, false), slot(4, true), slot(5, false)];
    const others = [
      { name: 'barman', isActive: false, restartLsn: undefined },
      { name: 'repmgr_slot_7b', isActive: false, restartLsn: undefined },
      { name: 'my_repmgr_slot_7', isActive: false, restartLsn: undefined },
      { name: 'repmgr_slot_55', isActive: false, restartLsn: undefined },
    ];
    const followers = [
      aNode(5, { upstreamNodeId: id(2) }),
      aNode(6, { upstreamNodeId: id(2), slotName: 'repmgr_slot_55' }),
    ];
    const given = facts({}, { slots: [...slots, ...others] });
    const plan = planPromotion({ ...given, nodes: [...given.nodes, ...followers] }, wish);
    expect(plan.slotsToDrop).toEqual(['repmgr_slot_1', 'repmgr_slot_3']);
    expect(planPromotion(facts({}, { slots: undefined }), wish).slotsToDrop).toEqual([]);
  });

  it('warns of another standby that has more', () => {
    const better = aStandby(3, 1, { receivedLsn: lsn('0/5002060') });
    const behind = aStandby(4, 1, { receivedLsn: lsn('0/4000000'), replayedLsn: lsn('0/4000000') });
    const given = facts({ observations: [aLostNode(1), aStandby(2, 1), better, behind] });
    expect(planPromotion(given, wish).warnings.map(({ message }) => message)).toEqual([
      'standby "node3" (ID: 3) has 8 kB of WAL that this one does not have',
    ]);
  });

  it('says how much WAL is replayed first, and that a delay does not hold it up', () => {
    const step = (given: PromotionFacts) =>
      planPromotion(given, wish).steps.find((it) => it.startsWith('wait'));
    const behind = { replayedLsn: lsn('0/1000000'), receivedLsn: lsn('0/5000000') };
    expect(step(facts({}, behind))).toBe(
      'wait up to 60 seconds until it accepts writes; 64 MB of WAL are to be replayed first',
    );
    expect(step(facts({ applyDelay: '1h' }, behind))).toMatch(/replayed first, no longer delayed by 1h$/);
    expect(step(facts({ applyDelay: '1h' }))).toBe('wait up to 60 seconds until it accepts writes');
  });
});

describe('a promotion is refused', () => {
  it('while another primary accepts writes, also with --force and wherever it stands in the metadata', () => {
    const others = [aPrimary(1, []), aPrimary(3, [])];
    const given = facts({ observations: [...others, aStandby(2, 1)] });
    expect(refusal(given)).toMatchObject({
      code: 'other_primary_running',
      exitCode: 1,
      message: 'other nodes are primaries',
      detail: 'These nodes accept writes: "node1" (ID: 1), "node3" (ID: 3).',
    });
    const renamed = aPrimary(3, [], {}, { role: 'standby', isActive: false });
    expect(refusal(facts({ observations: [aLostNode(1), renamed] }), { force: true })).toMatchObject({
      code: 'other_primary_running',
      detail: 'Node "node3" (ID: 3) accepts writes.',
    });
  });

  it('while the registered primary runs but lets nobody in, unless --force says to go on', () => {
    const answer = { kind: 'refusing', refusal: 'too_many_connections', reason: 'too many clients' } as const;
    const given = facts({ observations: [{ node: aNode(1), answer }, aStandby(2, 1)] });
    expect(refusal(given)).toMatchObject({ code: 'other_primary_running', exitCode: 1 });
    expect(refusal(given).detail).toContain('too many clients');
    const plan = planPromotion(given, { ...wish, force: true });
    expect(plan.warnings.map(({ message }) => message)).toEqual([
      'the registered primary, node "node1" (ID: 1), runs, but does not let us in: too many clients',
    ]);
    const standby = { node: aNode(3), answer };
    expect(planPromotion(facts({ observations: [aLostNode(1), standby] }), wish).warnings).toEqual([]);
  });

  it('not because the primary is silent; but a WAL receiver that still streams from it is worth a warning', () => {
    const frozen = { node: aNode(1), answer: { kind: 'silent', waitedMs: 2000 } } as const;
    const own = aStandby(2, 1);
    const given = facts({ observations: [frozen, own], local: statusOf(own) });
    expect(planPromotion(given, wish).warnings.map(({ message }) => message)).toEqual([
      'the WAL receiver still has its connection to node "node1" (ID: 1)',
    ]);
  });

  it('of a server that is a primary already, with what is left to be done', () => {
    const own = aPrimary(2, [], {}, { role: 'primary', upstreamNodeId: undefined });
    const recorded = { observations: [own], nodes: [own.node], local: statusOf(own) };
    expect(refusal(facts(recorded))).toMatchObject({ code: 'not_a_standby', exitCode: 1 });
    expect(refusal(facts(recorded)).detail).toContain('nothing is left to be done');
    const unrecorded = refusal(facts({ local: statusOf(own) }));
    expect(unrecorded.detail).toBe('It accepts writes, but the metadata have it as a standby.');
    expect(unrecorded.hint).toContain('repmgr -f node2.conf primary register --force');
  });

  it('of a node that is not registered, of another server, and of another cluster', () => {
    expect(refusal(facts({ nodeId: id(9) }))).toMatchObject({ code: 'node_not_registered', exitCode: 1 });
    const witness = aNode(2, { role: 'witness' });
    expect(refusal(facts({ nodes: [witness] }))).toMatchObject({
      code: 'node_not_registered',
      hint: expect.stringContaining('Promote a standby'),
    });
    const elsewhere = aStandby(2, 1, { instance: '42.5 5432' });
    expect(refusal(facts({ observations: [aLostNode(1), elsewhere] }))).toMatchObject({
      code: 'other_server_registered',
      exitCode: 1,
    });
    expect(refusal(facts({ recordedSystemIdentifier: '42' }))).toMatchObject({
      code: 'system_identifier_differs',
      exitCode: 1,
    });
  });

  it('while WAL replay is paused, with how to resume it', () => {
    const error = refusal(facts({}, { isReplayPaused: true }));
    expect(error).toMatchObject({ code: 'replay_paused', exitCode: 1 });
    expect(error.hint).toContain('SELECT pg_wal_replay_resume()');
  });
});
