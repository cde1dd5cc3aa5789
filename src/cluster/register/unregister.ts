/** Takes the row of a standby, a witness or a former primary out of the metadata; the servers themselves are left alone. */
import { failure } from '../../errors.ts';
import type { NodeId, NodeRecord, NodeRole } from '../../model/node.ts';
import type { Connection } from '../../postgres/connection.ts';
import { forgetDaemon } from '../metadata/daemon-addresses.ts';
import { changeNodes, deleteNode, listNodes } from '../metadata/nodes.ts';
import { hasOwnTables, requireSchema } from '../metadata/schema.ts';
import { nodeLabel } from './record.ts';

export interface UnregistrationWish {
  readonly role: NodeRole;
  /** Which row: by id or by name. */
  readonly target: { readonly id: NodeId } | { readonly name: string };
  readonly force: boolean;
  /** Whether the server of the target is in recovery now; undefined: it does not answer. */
  readonly isTargetInRecovery: boolean | undefined;
}

export interface UnregistrationPlan {
  readonly steps: readonly string[];
  readonly node: NodeRecord;
}

/**
 * Finds the row that is meant. Pure.
 * @throws RepmgrError node_not_registered, or node_name_taken where several rows have the name
 */
export function findTarget(nodes: readonly NodeRecord[], target: UnregistrationWish['target']): NodeRecord {
  const matching = nodes.filter((node) =>
    'id' in target ? node.id === target.id : node.name === target.name,
  );
  const [node, ...others] = matching;
  const words = 'id' in target ? `ID ${target.id}` : `"${target.name}"`;
  if (node === undefined) {
    throw failure('node_not_registered', {
      message: `node ${words} is not registered`,
      detail: `These nodes are: ${nodes.map(nodeLabel).join(', ') || 'none'}.`,
      hint: 'Name the node with --node-id; "repmgr cluster show" shows all nodes.',
    });
  }
  if (others.length > 0) {
    throw failure('node_name_taken', {
      message: `more than one node has the name ${words}`,
      detail: `These have it: ${matching.map(nodeLabel).join(', ')}.`,
      hint: 'Name the node with --node-id.',
    });
  }
  return node;
}

/**
 * What will be done. Pure.
 * @throws RepmgrError node_not_registered, node_role_unsuitable or node_has_followers
 */
export function planUnregistration(
  nodes: readonly NodeRecord[],
  wish: UnregistrationWish,
): UnregistrationPlan {
  const node = findTarget(nodes, wish.target);
  if (node.role !== wish.role) {
    throw failure('node_role_unsuitable', {
      message: `node ${nodeLabel(node)} is not registered as a ${wish.role}`,
      detail: `Its row says ${node.role}.`,
      hint: `Run "repmgr ${node.role} unregister --node-id=${node.id}" for it.`,
    });
  }
  const followers = nodes.filter(({ upstreamNodeId, id }) => upstreamNodeId === node.id && id !== node.id);
  if (followers.length > 0) {
    throw failure('node_has_followers', {
      message: `node ${nodeLabel(node)} is the upstream of other nodes`,
      detail: `These are registered with it as their upstream: ${followers.map(nodeLabel).join(', ')}.`,
      hint: 'Run "repmgr standby follow" on them, or unregister them first.',
    });
  }
  if (wish.role === 'primary' && !wish.force) refuseLivePrimary(node, wish.isTargetInRecovery);
  return { node, steps: [`delete ${wish.role} ${nodeLabel(node)} from the metadata`] };
}

/**
 * Deletes the rows in one transaction on the primary, planning again under the lock.
 * @returns the row that was deleted
 * @throws RepmgrError of the plan, or query_failed
 */
export async function unregisterNode(
  primary: Connection,
  cluster: string,
  wish: UnregistrationWish,
): Promise<NodeRecord> {
  const schema = await requireSchema(primary, cluster);
  return changeNodes(primary, cluster, async () => {
    const { node } = planUnregistration(await listNodes(primary, cluster), wish);
    await deleteNode(primary, cluster, node.id);
    if (hasOwnTables(schema)) await forgetDaemon(primary, cluster, node.id);
    return node;
  });
}

function refuseLivePrimary(node: NodeRecord, isInRecovery: boolean | undefined): void {
  if (isInRecovery === true) {
    throw failure('node_role_unsuitable', {
      message: `node ${nodeLabel(node)} runs as a standby`,
      detail: 'It is registered as a primary, but its server is in recovery.',
      hint: 'Run "repmgr standby register --force" on it, or add --force to delete its row.',
    });
  }
  if (isInRecovery === false || node.isActive) {
    throw failure('node_role_unsuitable', {
      message: `node ${nodeLabel(node)} is the active primary`,
      detail: isInRecovery === false ? 'Its server accepts writes at this moment.' : 'Its row is active.',
      hint: 'Promote a standby first; if the node is gone for good, add --force.',
    });
  }
}
