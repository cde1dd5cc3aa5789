import { describe, expect, it } from 'vitest';
import { canBeReferredTo, formerReferences } from '../../../src/cluster/register/former-references.ts';
import { synchronousNamesWith } from '../../../src/cluster/register/synchronous-names.ts';
import type { NodeObservation } from '../../../src/cluster/survey.ts';
import type { NodeRecord } from '../../../src/model/node.ts';
import { aLostNode, aNode, aPrimary, aStandby, aWalReceiver, id } from '../disagreements/a-cluster.ts';

const movedTo = (host: string) => ({ conninfo: `host=${host} dbname=repmgr user=repmgr` });

/** node1 <- node2 <- node3, with the changed row of one of them. */
function afterChange(
  number: number,
  row: Partial<NodeRecord>,
  others: readonly NodeObservation[] = [],
  names?: string,
): readonly string[] {
  const cascade = [aPrimary(1, [2]), aStandby(2, 1), aStandby(3, 2)];
  const all = [
    ...cascade.filter(({ node }) => !others.some((other) => other.node.id === node.id)),
    ...others,
  ];
  const before = all.find(({ node }) => node.id === number)?.node ?? aNode(number);
  const after = { ...before, ...row };
  const observations = all.map((seen) => (seen.node.id === number ? { ...seen, node: after } : seen));
  return formerReferences({ before, after }, observations, names).map(
    ({ message, hint }) => `${message} -> ${hint}`,
  );
}

describe('a node that has moved', () => {
  it('is to be followed anew by those that use its former address', () => {
    expect(afterChange(1, movedTo('new1'))).toEqual([
      'node "node2" (ID: 2) still uses the former address of node "node1" (ID: 1), node1:5432 -> Run on node2: repmgr standby follow',
    ]);
    expect(afterChange(2, movedTo('new2'))).toEqual([
      'node "node3" (ID: 3) still uses the former address of node "node2" (ID: 2), node2:5432 -> Run on node3: repmgr standby follow --upstream-node-id=2',
    ]);
  });

  it('is found by its former address also where the metadata name another upstream', () => {
    const elsewhere = aStandby(3, 2, {}, { upstreamNodeId: id(1) });
    expect(afterChange(2, movedTo('new2'), [elsewhere])).toHaveLength(1);
  });

  it('has nothing to say of those that use the new address, or stream from others', () => {
    const receiver = aWalReceiver('new2', 'node3');
    expect(afterChange(2, movedTo('new2'), [aStandby(3, 2, { walReceiver: receiver })])).toEqual([]);
    expect(afterChange(2, movedTo('new2'), [aStandby(3, 1)])).toEqual([]);
    expect(afterChange(3, movedTo('new3'))).toEqual([]);
  });

  it.each([
    ['does not stream, and may still use', aStandby(3, 2, { walReceiver: 'absent' }), ''],
    ['may still use', aStandby(3, 2, { walReceiver: 'hidden' }), ''],
    ['does not answer, and may still use', aLostNode(3, { upstreamNodeId: id(2) }), ', once it is up'],
    [
      'does not answer, and may still use',
      aLostNode(3, { upstreamNodeId: id(2), isActive: false }),
      ', once it is up',
    ],
  ])('lists what is not known: %s its address', (words, third, when) => {
    expect(afterChange(2, movedTo('new2'), [third])).toEqual([
      `node "node3" (ID: 3) ${words} the former address of node "node2" (ID: 2), node2:5432 -> Run on node3${when}: repmgr standby follow --upstream-node-id=2`,
    ]);
  });

  it.each([aLostNode(2), aStandby(2, 1, { walReceiver: 'absent' })])(
    'is named by its new address where it is the primary, since the news cannot have arrived',
    (second) => {
      expect(afterChange(1, movedTo('new1'), [second])[0]).toMatch(
        /-> Run on node2: repmgr -h new1 -p 5432 -D DATA_DIRECTORY standby follow$/,
      );
    },
  );

  it('leaves a witness with rows from before', () => {
    const witness = aPrimary(4, [], {}, { role: 'witness', conninfo: 'host=w' });
    const daemonOnly = aLostNode(5, { role: 'witness', conninfo: '' });
    expect(afterChange(3, movedTo('new3'), [witness, daemonOnly])).toEqual([
      'witness "node4" (ID: 4) has a copy of the metadata from before the change -> Run on node4: repmgr witness register --force',
    ]);
  });
});

describe('a node with another name', () => {
  it('streams under its former one until it follows again', () => {
    expect(afterChange(2, { name: 'new' })).toEqual([
      'node "new" (ID: 2) streams under its former name "node2" -> Run on this node: repmgr standby follow',
    ]);
    expect(afterChange(3, { name: 'new' })).toEqual([
      'node "new" (ID: 3) streams under its former name "node3" -> Run on this node: repmgr standby follow --upstream-node-id=2',
    ]);
    expect(afterChange(2, { name: 'new' }, [aLostNode(2)])[0]).toMatch(/may stream under its former name/);
  });

  it('may stand in synchronous_standby_names', () => {
    expect(afterChange(2, { name: "it's" }, [], 'FIRST 1 (node2, node3)')[0]).toBe(
      `synchronous_standby_names of "node1" (ID: 1) has the former name "node2" -> Run there: ALTER SYSTEM SET synchronous_standby_names = 'FIRST 1 ("it''s", node3)'; SELECT pg_reload_conf();`,
    );
    expect(afterChange(2, { name: 'new' }, [], 'node3')).toHaveLength(1);
  });

  it('has nothing to say of a primary, nor where application_name stays', () => {
    expect(afterChange(1, { name: 'new' }, [], 'node1')).toEqual([]);
    const named = { conninfo: 'host=node2 application_name=node2' };
    const second = aStandby(2, 1, {}, named);
    expect(afterChange(2, { ...named, name: 'new' }, [second])).toEqual([]);
  });
});

it('other changes of a row concern nobody else', () => {
  const before = aNode(2);
  expect(canBeReferredTo({ before, after: { ...before, priority: 0, isActive: false } })).toBe(false);
  expect(canBeReferredTo({ before, after: { ...before, conninfo: `${before.conninfo} password=x` } })).toBe(
    false,
  );
});

it.each([
  ['a, b', 'b', 'a, "c"'],
  ['2 ("A b",b)', 'a B', '2 ("c",b)'],
  ['*', 'a', undefined],
  ['', 'a', undefined],
])('the name in synchronous_standby_names %s', (names, former, expected) => {
  expect(synchronousNamesWith(names, { former, current: 'c' })).toBe(expected);
});
