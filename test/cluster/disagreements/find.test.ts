import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findDisagreements } from '../../../src/cluster/disagreements/find.ts';
import type { Answer, NodeObservation } from '../../../src/cluster/survey.ts';
import type { TimelineId } from '../../../src/model/timeline.ts';
import { aLostNode, aNode, aPrimary, aStandby, aWalReceiver, id, slot } from './a-cluster.ts';

function codes(observations: readonly NodeObservation[]): string[] {
  return findDisagreements(observations).map(({ nodeId, code }) => `${nodeId ?? 'cluster'} ${code}`);
}

test('a healthy cluster, cascaded standby included, has none', () => {
  expect(
    codes([
      aPrimary(1, [2]),
      aStandby(2, 1, { walSenders: [{ applicationName: 'node3', state: 'streaming' }] }),
      aStandby(3, 2),
    ]),
  ).toEqual([]);
});

describe('roles', () => {
  test('two writable nodes: one line for the cluster, one for the node that should be a standby', () => {
    expect(codes([aPrimary(1, []), aPrimary(2, [], {}, { role: 'standby', upstreamNodeId: id(1) })])).toEqual(
      ['cluster several_primaries', '2 writable_standby'],
    );
  });

  test('a witness accepts writes and is no second primary', () => {
    expect(
      codes([aPrimary(1, []), aPrimary(2, [], {}, { role: 'witness', upstreamNodeId: undefined })]),
    ).toEqual([]);
  });

  test('without the primary, the hint names the command that makes a new one', () => {
    const [cluster, node1] = findDisagreements([aLostNode(1), aStandby(2, 1)]);
    expect(cluster).toMatchObject({ code: 'no_primary', hint: expect.stringContaining('standby promote') });
    expect(node1).toMatchObject({
      nodeId: 1,
      code: 'unreachable',
      hint: expect.stringContaining('standby promote'),
    });
  });

  test('a former primary that came back as a standby', () => {
    expect(
      codes([
        aStandby(1, 2, {}, { role: 'primary', upstreamNodeId: undefined, isActive: false }),
        aPrimary(2, [1], {}, { role: 'primary', upstreamNodeId: undefined }),
      ]),
    ).toEqual(['1 primary_in_recovery', '1 inactive_but_running', '1 other_upstream']);
  });

  test('two rows of active primaries', () => {
    expect(codes([aPrimary(1, []), aLostNode(2, { role: 'primary' })])).toContain(
      'cluster several_primary_rows',
    );
  });

  test('two rows that lead to one server are named, and count as one primary', () => {
    expect(
      codes([aPrimary(1, []), aPrimary(2, [], { instance: '1000.5 5432' }, { role: 'standby' })]),
    ).toEqual(['cluster same_server', '2 writable_standby']);
  });

  test('a server of another PostgreSQL cluster', () => {
    expect(codes([aPrimary(1, [2]), aStandby(2, 1, { systemIdentifier: '7' })])).toEqual([
      '2 other_system_identifier',
    ]);
  });

  test('a primary whose sessions start read-only', () => {
    expect(codes([aPrimary(1, [], { isReadOnlyByDefault: true })])).toEqual(['1 primary_read_only']);
  });
});

describe('reachability', () => {
  const answers: readonly (readonly [string, Answer])[] = [
    ['unreachable', { kind: 'unreachable', reason: 'connection refused' }],
    ['silent', { kind: 'silent', waitedMs: 2003 }],
    ['refusing', { kind: 'refusing', refusal: 'starting_up', reason: 'the database system is starting up' }],
  ];
  test.each(answers)('a node that is %s', (code, answer) => {
    const [found] = findDisagreements([aPrimary(1, []), { node: aNode(2), answer }]);
    expect(found).toMatchObject({ nodeId: 2, code });
  });

  test('a silent node says how long it was waited for', () => {
    const [found] = findDisagreements([
      aPrimary(1, []),
      { node: aNode(2), answer: { kind: 'silent', waitedMs: 2003 } },
    ]);
    expect(found?.message).toBe('node "node2" (id 2) did not answer within 2 s');
  });

  test('an inactive node that runs', () => {
    expect(codes([aPrimary(1, [2]), aStandby(2, 1, {}, { isActive: false })])).toEqual([
      '2 inactive_but_running',
    ]);
  });
});

describe('attachment', () => {
  test('a standby that streams from another node than recorded', () => {
    const found = findDisagreements([
      aPrimary(1, [2, 3]),
      aStandby(2, 1),
      aStandby(3, 1, {}, { upstreamNodeId: id(2) }),
    ]);
    expect(found).toEqual([
      expect.objectContaining({
        nodeId: 3,
        code: 'other_upstream',
        message:
          'node "node3" (id 3) streams from node "node1" (id 1); the metadata says node "node2" (id 2)',
      }),
    ]);
  });

  test('the upstream is found by application_name where its address is written in another way', () => {
    expect(
      codes([aPrimary(1, [2]), aStandby(2, 1, { walReceiver: aWalReceiver('10.0.0.1', 'node2') })]),
    ).toEqual([]);
  });

  test('a standby that streams from a server which is no node', () => {
    expect(
      codes([aPrimary(1, []), aStandby(2, 1, { walReceiver: aWalReceiver('10.9.9.9', 'node2') })]),
    ).toEqual(['2 unknown_upstream']);
  });

  test('a standby without WAL receiver, on an old timeline', () => {
    expect(
      codes([aPrimary(1, [], { timeline: 2 as TimelineId }), aStandby(2, 1, { walReceiver: 'absent' })]),
    ).toEqual(['2 not_attached', '2 timeline_behind']);
  });

  test('nothing is said of an upstream that PostgreSQL hides from the user', () => {
    expect(
      codes([aPrimary(1, [], { walSenders: 'hidden' }), aStandby(2, 1, { walReceiver: 'hidden' })]),
    ).toEqual([]);
  });

  test('before 9.6, the upstream alone can say who streams', () => {
    expect(codes([aPrimary(1, [2]), aStandby(2, 1, { walReceiver: 'hidden' })])).toEqual([]);
    expect(codes([aPrimary(1, [3]), aStandby(2, 1), aStandby(3, 2, { walReceiver: 'hidden' })])).toEqual([
      '3 other_upstream',
    ]);
  });

  test('a standby that streams under another name', () => {
    expect(
      codes([
        aPrimary(
          1,
          ['walreceiver'].map(() => 9),
        ),
        aStandby(2, 1, { walReceiver: aWalReceiver('node1', 'other') }),
      ]),
    ).toEqual(['2 name_differs']);
  });

  test('an application_name in the conninfo of the node is its name as a standby', () => {
    const conninfo = 'host=node2 application_name=two';
    expect(
      codes([aPrimary(1, []), aStandby(2, 1, { walReceiver: aWalReceiver('node1', 'two') }, { conninfo })]),
    ).toEqual([]);
  });

  test('paused replay', () => {
    expect(codes([aPrimary(1, [2]), aStandby(2, 1, { isReplayPaused: true })])).toEqual(['2 replay_paused']);
  });
});

describe('replication slots', () => {
  const row = { slotName: 'repmgr_slot_2' };

  test('in use: nothing to say', () => {
    expect(codes([aPrimary(1, [2], { slots: [slot(2, true)] }), aStandby(2, 1, {}, row)])).toEqual([]);
  });

  test('missing, not used, waiting', () => {
    expect(codes([aPrimary(1, [2]), aStandby(2, 1, {}, row)])).toEqual(['2 slot_missing']);
    expect(codes([aPrimary(1, [2], { slots: [slot(2, false)] }), aStandby(2, 1, {}, row)])).toEqual([
      '2 slot_not_used',
    ]);
    const lost = findDisagreements([aPrimary(1, [], { slots: [slot(2, false)] }), aLostNode(2, row)]);
    expect(lost.map(({ code }) => code)).toEqual(['unreachable', 'slot_waiting']);
    expect(lost[1]?.message).toContain('keeps 16 MB of WAL');
  });

  test('left over: an inactive slot of a node that is no follower', () => {
    expect(codes([aPrimary(1, [], { slots: [slot(7, false)] })])).toEqual(['1 slot_left_over']);
  });

  test("slots that are not repmgr's are nobody's business", () => {
    const barman = { name: 'barman', isActive: false, restartLsn: undefined };
    expect(codes([aPrimary(1, [], { slots: [barman] })])).toEqual([]);
  });
});

describe('logical replication slots', () => {
  const kept = { name: 'kept', isFailover: true, isSynced: false, isLost: false };
  const plain = { ...kept, name: 'plain', isFailover: false };
  const primary = aPrimary(1, [2, 3], { logicalSlots: [kept, plain] });
  const withCopy = aStandby(2, 1, { logicalSlots: [{ ...kept, isSynced: true }] });

  test('that a failover would lose: by whomever it is, or by one standby', () => {
    expect(codes([primary, withCopy, aStandby(3, 1)])).toEqual([
      '1 logical_slot_lost',
      '3 logical_slot_not_copied',
    ]);
  });

  test('what is never promoted needs no copy, and without a candidate nothing is failed over', () => {
    expect(codes([primary, withCopy, aStandby(3, 1, {}, { priority: 0 })])).toEqual(['1 logical_slot_lost']);
    expect(codes([aPrimary(1, [], { logicalSlots: [kept, plain] })])).toEqual([]);
  });
});

describe('repmgr.conf of the node that asks', () => {
  const own = { nodeId: id(2), nodeName: 'node2', conninfo: aNode(2).conninfo };

  test('agrees', () => {
    expect(findDisagreements([aPrimary(1, [2]), aStandby(2, 1)], own)).toEqual([]);
  });

  test('is not registered', () => {
    expect(findDisagreements([aPrimary(1, [])], own)).toMatchObject([{ nodeId: 2, code: 'own_row_missing' }]);
  });

  test('has another name or conninfo; the conninfo is not shown, as it may hold a password', () => {
    const [found] = findDisagreements([aPrimary(1, [2]), aStandby(2, 1)], {
      ...own,
      nodeName: 'second',
      conninfo: 'host=node2 password=secret',
    });
    expect(found).toMatchObject({ nodeId: 2, code: 'own_row_differs' });
    expect(found?.message).not.toContain('secret');
  });
});

const anyObservations = fc.array(
  fc.record({
    number: fc.integer({ min: 1, max: 6 }),
    shape: fc.constantFrom('primary', 'standby', 'lost', 'silent', 'witness'),
    upstream: fc.integer({ min: 1, max: 6 }),
    host: fc.constantFrom('node1', 'node2', '10.0.0.1'),
    isActive: fc.boolean(),
    slots: fc.array(fc.tuple(fc.integer({ min: 1, max: 9 }), fc.boolean()), { maxLength: 3 }),
    hidden: fc.boolean(),
  }),
  { maxLength: 6 },
);

test('any mixture of answers gives sentences in order of node, each with something to do', () => {
  fc.assert(
    fc.property(anyObservations, (shapes) => {
      const observations = shapes.map(({ number, shape, upstream, host, isActive, slots, hidden }) => {
        const changes = { slots: slots.map(([of, active]) => slot(of, active)) };
        if (shape === 'primary') return aPrimary(number, [upstream], changes, { isActive });
        if (shape === 'witness') return aPrimary(number, [], {}, { role: 'witness', isActive });
        if (shape === 'lost') return aLostNode(number, { isActive });
        if (shape === 'silent')
          return { ...aLostNode(number), answer: { kind: 'silent', waitedMs: 1 } as const };
        const walReceiver = hidden ? ('hidden' as const) : aWalReceiver(host, `node${number}`);
        return aStandby(number, upstream, { ...changes, walReceiver }, { isActive });
      });
      const found = findDisagreements(observations);
      const order = found.map(({ nodeId }) => nodeId ?? 0);
      expect(order).toEqual(order.toSorted((a, b) => a - b));
      for (const { message, hint } of found) {
        expect(message).not.toMatch(/undefined|null|\n|\.$/);
        expect(hint).not.toMatch(/undefined|null|\n/);
        expect(hint.length).toBeGreaterThan(5);
      }
    }),
  );
});
