/** The row that repmgr.conf describes, and what every registration checks against the rows that are there. */
import type { Config } from '../../config/resolve.ts';
import { failure } from '../../errors.ts';
import { redactConninfo } from '../../model/conninfo.ts';
import { type NodeId, type NodeRecord, type NodeRole, replicationSlotName } from '../../model/node.ts';

export interface RegistrationWish {
  readonly node: NodeRecord;
  /** HOST:PORT at which the node's repmgrd is to be reached. */
  readonly daemonAddress: string;
  /** `--force`: a row that the node has already is replaced. */
  readonly force: boolean;
}

/** The own node as an active one with the given role. */
export function ownRecord(config: Config, role: NodeRole, upstreamNodeId: NodeId | undefined): NodeRecord {
  const id = config.nodeId as NodeId;
  return {
    id,
    role,
    upstreamNodeId,
    clusterName: config.clusterName,
    name: config.nodeName,
    conninfo: config.conninfo,
    slotName: config.useReplicationSlots ? replicationSlotName(id) : undefined,
    priority: config.priority,
    isActive: true,
  };
}

/** @throws RepmgrError node_name_taken, where an active node with another id has this name */
export function refuseTakenName(wanted: NodeRecord, nodes: readonly NodeRecord[]): void {
  const other = nodes.find((node) => node.isActive && node.name === wanted.name && node.id !== wanted.id);
  if (other === undefined) return;
  throw failure('node_name_taken', {
    message: `node name "${wanted.name}" is taken`,
    detail: `It is the name of node ${other.id}, conninfo "${redactConninfo(other.conninfo)}".`,
    hint: 'Set another "node_name" in repmgr.conf; names tell standbys apart on their upstream.',
  });
}

/** @throws RepmgrError node_id_taken, where a row has the node's id and `--force` was not given */
export function refuseTakenId(
  { node, force }: RegistrationWish,
  nodes: readonly NodeRecord[],
): NodeRecord | undefined {
  const existing = nodes.find(({ id }) => id === node.id);
  if (existing === undefined || force) return existing;
  throw failure('node_id_taken', {
    message: `node ${node.id} is already registered`,
    detail: `It is ${existing.role} "${existing.name}", conninfo "${redactConninfo(existing.conninfo)}".`,
    hint: 'Add --force to overwrite this row, or set another "node" in repmgr.conf.',
  });
}

/** "node1" (ID: 1) */
export function nodeLabel(node: Pick<NodeRecord, 'id' | 'name'>): string {
  return `"${node.name}" (ID: ${node.id})`;
}
