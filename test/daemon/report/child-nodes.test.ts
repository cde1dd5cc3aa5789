import { describe, expect, it } from 'vitest';
import { ChildNodes, type LossCriteria } from '../../../src/daemon/report/child-nodes.ts';
import type { NodeId } from '../../../src/model/node.ts';

const child = (id: number, isAttached: boolean, isWitness = false) => ({
  id: id as NodeId,
  isAttached,
  isWitness,
});
const unset: LossCriteria = {
  connectedMinCount: -1,
  disconnectMinCount: -1,
  includesWitness: false,
  timeoutMs: 30_000,
};

describe('the nodes that are attached to a primary', () => {
  it('are not told of at the first look, and who is away then is not missed', () => {
    const nodes = new ChildNodes();
    expect(nodes.look([child(2, true), child(3, false)], 0)).toEqual([]);
    expect(nodes.look([child(2, true), child(3, false)], 5_000)).toEqual([]);
    expect(nodes.areLost({ ...unset, connectedMinCount: 2 }, 1_000_000)).toBe(false);
  });

  it('are told of when one comes, goes and comes back, each time once', () => {
    const nodes = new ChildNodes();
    nodes.look([child(2, true), child(3, false)], 0);
    expect(nodes.look([child(2, true), child(3, true)], 1_000)).toEqual([
      { node: 3, kind: 'child_node_new_connect', awayMs: 0 },
    ]);
    expect(nodes.look([child(2, false), child(3, true)], 2_000)).toEqual([
      { node: 2, kind: 'child_node_disconnect', awayMs: 2_000 },
    ]);
    expect(nodes.look([child(2, false), child(3, true)], 3_000)).toEqual([]);
    expect(nodes.look([child(2, true), child(3, true)], 9_000)).toEqual([
      { node: 2, kind: 'child_node_reconnect', awayMs: 7_000 },
    ]);
  });

  it('are forgotten without a word when they have no row here any more, or this node leads no longer', () => {
    const nodes = new ChildNodes();
    nodes.look([child(2, true), child(3, true)], 0);
    expect(nodes.look([child(2, true)], 1_000)).toEqual([]);
    expect(nodes.areLost({ ...unset, disconnectMinCount: 0 }, 1_000_000)).toBe(false);
    nodes.forget();
    expect(nodes.look([child(2, false), child(3, true)], 2_000)).toEqual([]);
  });

  it('are lost for the command only once the last loss is old enough', () => {
    const nodes = new ChildNodes();
    nodes.look([child(2, true), child(3, true)], 0);
    nodes.look([child(2, false), child(3, true)], 1_000);
    expect(nodes.areLost(unset, 100_000)).toBe(false);
    nodes.look([child(2, false), child(3, false)], 20_000);
    expect(nodes.areLost(unset, 49_999)).toBe(false);
    expect(nodes.areLost(unset, 50_000)).toBe(true);
    nodes.look([child(2, true), child(3, false)], 60_000);
    expect(nodes.areLost(unset, 100_000)).toBe(false);
  });

  it.each([
    [{ connectedMinCount: 2 }, true],
    [{ connectedMinCount: 1 }, false],
    // The first one that is set counts alone.
    [{ connectedMinCount: 1, disconnectMinCount: 0 }, false],
    [{ disconnectMinCount: 0 }, true],
    [{ disconnectMinCount: 1 }, false],
    [{ connectedMinCount: 2, includesWitness: true }, false],
    [{ connectedMinCount: 3, includesWitness: true }, true],
    [{}, false],
  ])('with %j and one of two standbys lost beside a witness: %j', (criteria, areLost) => {
    const nodes = new ChildNodes();
    nodes.look([child(2, true), child(3, true), child(9, true, true)], 0);
    nodes.look([child(2, true), child(3, false), child(9, true, true)], 1_000);
    expect(nodes.areLost({ ...unset, ...criteria }, 31_000)).toBe(areLost);
  });
});
