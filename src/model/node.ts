/** A node of a replication cluster, as a row of `repl_nodes` describes it (docs/metadata.md). */
import type { Brand } from './brand.ts';

export type NodeId = Brand<number, 'NodeId'>;

/** Of the name of a cluster: behind `repmgr_` it has to fit into the 63 bytes of a schema's name. */
export const clusterNameMaximumBytes = 56;

/** repmgr 3 writes `master` into the metadata; everywhere else it is a primary. */
export type NodeRole = 'primary' | 'standby' | 'witness';

export interface NodeRecord {
  readonly id: NodeId;
  readonly role: NodeRole;
  /** Undefined: a primary, a witness, or a standby whose upstream is not known. */
  readonly upstreamNodeId: NodeId | undefined;
  readonly clusterName: string;
  readonly name: string;
  /** How every other node reaches this one; may hold a password, so redact it before it is printed. */
  readonly conninfo: string;
  readonly slotName: string | undefined;
  readonly priority: number;
  readonly isActive: boolean;
}

/** @returns the branded id, or undefined where `value` is no integer from 1 to 2147483647. */
export function toNodeId(value: number): NodeId | undefined {
  return Number.isInteger(value) && value >= 1 && value <= 2_147_483_647 ? (value as NodeId) : undefined;
}

/** The name that repmgr 3 gives the physical replication slot of a node. */
export function replicationSlotName(id: NodeId): string {
  return `repmgr_slot_${id}`;
}
