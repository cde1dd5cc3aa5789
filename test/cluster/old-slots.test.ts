/** Which replication slots are dropped, and which are left alone. */
import { expect, it } from 'vitest';
import { oldSlots } from '../../src/cluster/old-slots.ts';
import type { NodeId, NodeRecord } from '../../src/model/node.ts';
import type { ReplicationSlot } from '../../src/postgres/replication-slots.ts';

const self = 1 as NodeId;

function node(id: number, upstream: number | undefined, role: NodeRecord['role'] = 'standby'): NodeRecord {
  return {
    id: id as NodeId,
    role,
    upstreamNodeId: upstream as NodeId | undefined,
    clusterName: 'c',
    name: `node${id}`,
    conninfo: '',
    slotName: undefined,
    priority: 100,
    isActive: true,
  };
}

const nodes = [node(1, undefined, 'primary'), node(2, 1), node(3, 2)];

function slot(name: string, changes: Partial<ReplicationSlot> = {}): ReplicationSlot {
  return { name, kind: 'physical', isActive: false, isLost: false, ...changes };
}

function dropped(
  slots: readonly ReplicationSlot[],
  seconds: number,
  formerNodes: readonly number[] = [],
): string[] {
  const inactiveMs = new Map(slots.map(({ name }) => [name, seconds * 1000]));
  const circumstances = {
    formerNodes: new Set(formerNodes as NodeId[]),
    inactiveMs,
    maxAgeMs: 86_400_000,
    lingerMs: 120_000,
  };
  return oldSlots(slots, self, nodes, circumstances).map(({ name }) => name);
}

it('the slot of a node that streams from elsewhere goes, after it had time to come back', () => {
  expect(dropped([slot('repmgr_slot_3')], 119)).toEqual([]);
  expect(dropped([slot('repmgr_slot_3')], 120)).toEqual(['repmgr_slot_3']);
});

it('the slot of a standby of this node stays until slot_max_age_secs', () => {
  expect(dropped([slot('repmgr_slot_2')], 86_399)).toEqual([]);
  expect(dropped([slot('repmgr_slot_2')], 86_400)).toEqual(['repmgr_slot_2']);
});

it('that of this node itself, which a copy brought along, goes', () => {
  expect(dropped([slot('repmgr_slot_1')], 120)).toEqual(['repmgr_slot_1']);
});

it('that of a node which was unregistered goes; one that was never registered may be being cloned', () => {
  expect(dropped([slot('repmgr_slot_9')], 120, [9])).toEqual(['repmgr_slot_9']);
  expect(dropped([slot('repmgr_slot_9')], 120)).toEqual([]);
});

it('slots in use, logical ones, and those of other names are never dropped', () => {
  const others = [
    slot('repmgr_slot_3', { isActive: true }),
    slot('repmgr_slot_3', { kind: 'logical' }),
    slot('backup'),
    slot('repmgr_slot_03'),
    slot('repmgr_slot_3_old'),
  ];
  expect(dropped(others, 1_000_000, [3])).toEqual([]);
});
