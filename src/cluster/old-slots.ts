/** Replication slots of standbys that do not stream through them: each keeps WAL, until the disk is full. Pure. */
import { type NodeId, type NodeRecord, replicationSlotName } from '../model/node.ts';
import type { ReplicationSlot } from '../postgres/replication-slots.ts';

export interface SlotCircumstances {
  /** Nodes that were registered at some time. */
  readonly formerNodes: ReadonlySet<NodeId>;
  /** For how long each inactive slot has been seen so, by name. */
  readonly inactiveMs: ReadonlyMap<string, number>;
  /** slot_max_age_secs; 0: the slot of an absent node is kept. */
  readonly maxAgeMs: number;
  /** What a standby may need to come back, or to go elsewhere. */
  readonly lingerMs: number;
}

export interface OldSlot {
  readonly name: string;
  /** Why nobody needs it. */
  readonly reason: string;
}

/**
 * Those that are to be dropped on the server of `self`. Only physical ones with the name that repmgr gives them are
 * looked at.
 */
export function oldSlots(
  slots: readonly ReplicationSlot[],
  self: NodeId,
  nodes: readonly NodeRecord[],
  { formerNodes, inactiveMs, maxAgeMs, lingerMs }: SlotCircumstances,
): readonly OldSlot[] {
  const names = new Map(nodes.map((node) => [replicationSlotName(node.id), node]));
  const formerNames = new Set([...formerNodes].map(replicationSlotName));
  return slots.flatMap((slot) => {
    if (slot.kind !== 'physical' || slot.isActive || !isOurs(slot.name)) return [];
    const age = inactiveMs.get(slot.name) ?? 0;
    const node = names.get(slot.name);
    const hasLeft = node === undefined && formerNames.has(slot.name);
    const reason = hasLeft ? 'its node is not registered any more' : reasonOf(node, self);
    if (reason !== undefined && age >= lingerMs) return [{ name: slot.name, reason }];
    if (maxAgeMs > 0 && age >= maxAgeMs) {
      const who = node === undefined ? 'a node that is not registered' : `node ${node.id}`;
      return [{ name: slot.name, reason: `${who} was absent for ${Math.round(maxAgeMs / 1000)} seconds` }];
    }
    return [];
  });
}

/** Undefined: its node may come back for it. One that is not registered yet may be being cloned. */
function reasonOf(node: NodeRecord | undefined, self: NodeId): string | undefined {
  if (node === undefined) return undefined;
  if (node.id === self) return 'it is that of this node itself, brought along by a copy';
  if (node.role === 'primary') return `node ${node.id} is the primary`;
  const upstream = node.upstreamNodeId;
  return upstream === undefined || upstream === self
    ? undefined
    : `node ${node.id} streams from node ${upstream}`;
}

function isOurs(name: string): boolean {
  return /^repmgr_slot_[1-9]\d*$/.test(name);
}
