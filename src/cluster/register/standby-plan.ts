/** Decides how a standby is registered. Pure: facts in, steps in words out. */
import { failure } from '../../errors.ts';
import type { NodeId, NodeRecord } from '../../model/node.ts';
import { hasOwnTables, type SchemaState } from '../metadata/schema.ts';
import { nodeLabel, refuseTakenId, refuseTakenName, type RegistrationWish } from './record.ts';

export interface StandbyFacts {
  readonly schema: SchemaState;
  readonly nodes: readonly NodeRecord[];
  readonly primary: NodeRecord;
}

/** The row's upstream is the one that was asked for, or undefined for the primary. */
export interface StandbyWish extends RegistrationWish {
  /** What the placeholder row of an upstream that is not registered gets as its conninfo. */
  readonly upstreamConninfo: string | undefined;
}

export interface StandbyPlan {
  readonly steps: readonly string[];
  readonly change: 'insert' | 'update';
  /** The row with its upstream filled in. */
  readonly record: NodeRecord;
  /** An inactive row that stands for an upstream which is not registered yet. */
  readonly placeholder: NodeRecord | undefined;
  /** For a NOTICE: what --force has allowed. */
  readonly notices: readonly string[];
}

/** The row of an upstream that is not registered, as repmgr 3 writes it. */
const placeholderPriority = 100;

/** @throws RepmgrError node_id_taken, node_name_taken, upstream_not_registered or upstream_unusable */
export function planStandbyRegistration(facts: StandbyFacts, wish: StandbyWish): StandbyPlan {
  refuseIdOfPrimary(facts, wish.node);
  const existing = refuseTakenId(wish, facts.nodes);
  refuseTakenName(wish.node, facts.nodes);
  const upstreamId = wish.node.upstreamNodeId ?? facts.primary.id;
  const upstream = facts.nodes.find(({ id }) => id === upstreamId);
  refuseUnusableUpstream(wish, facts.nodes, upstreamId, upstream);
  const placeholder = upstream === undefined ? placeholderRow(wish, upstreamId) : undefined;
  const record: NodeRecord = { ...wish.node, upstreamNodeId: upstreamId };
  const change = existing === undefined ? 'insert' : 'update';
  const upstreamWords = upstream === undefined ? `ID ${upstreamId}` : nodeLabel(upstream);
  const daemonWords = hasOwnTables(facts.schema) ? `, its repmgrd at ${wish.daemonAddress}` : '';
  return {
    change,
    record,
    placeholder,
    notices: upstream?.isActive === false ? [`upstream node ${nodeLabel(upstream)} is not active`] : [],
    steps: [
      ...(placeholder === undefined
        ? []
        : [`write an inactive placeholder row for the upstream node, ID ${upstreamId}`]),
      change === 'insert'
        ? `register node ${nodeLabel(record)} as a standby of node ${upstreamWords}${daemonWords}`
        : `update the row of node ${nodeLabel(record)}: an active standby of node ${upstreamWords}${daemonWords}`,
    ],
  };
}

/** Not even --force turns the row of the running primary into one of a standby. */
function refuseIdOfPrimary({ primary }: StandbyFacts, node: NodeRecord): void {
  if (primary.id !== node.id) return;
  throw failure('node_id_taken', {
    message: `node id ${node.id} is that of the primary`,
    detail: `The primary that runs at this moment is node ${nodeLabel(primary)}.`,
    hint: 'Set another "node" in the repmgr.conf of this standby.',
  });
}

function refuseUnusableUpstream(
  wish: StandbyWish,
  nodes: readonly NodeRecord[],
  upstreamId: NodeId,
  upstream: NodeRecord | undefined,
): void {
  if (upstream === undefined) {
    if (upstreamId === wish.node.id) throw circle(wish.node);
    if (wish.force) return;
    throw failure('upstream_not_registered', {
      message: `the upstream node, ID ${upstreamId}, is not registered`,
      detail: 'A standby is registered after its upstream, so that the metadata show the whole cascade.',
      hint: 'Register the upstream first, or add --force to write a placeholder row for it.',
    });
  }
  if (upstream.role === 'witness') {
    throw failure('upstream_unusable', {
      message: `node ${nodeLabel(upstream)} is a witness and cannot be an upstream`,
      detail: 'A witness holds no copy of the data.',
      hint: 'Name the primary or a standby with "upstream_node" or --upstream-node-id.',
    });
  }
  if (hasAncestor(upstream, wish.node.id, nodes)) throw circle(wish.node);
  if (!upstream.isActive && !wish.force) {
    throw failure('upstream_unusable', {
      message: `upstream node ${nodeLabel(upstream)} is not active`,
      detail: 'Its row says that it has failed, or it was never registered itself.',
      hint: 'Register it again with --force, name another upstream, or add --force here.',
    });
  }
}

function circle(node: NodeRecord): Error {
  return failure('upstream_unusable', {
    message: `node ${nodeLabel(node)} would be its own upstream`,
    detail: 'The chain of upstreams leads back to the node itself.',
    hint: 'Name the primary or another standby with "upstream_node" or --upstream-node-id.',
  });
}

function hasAncestor(start: NodeRecord, wanted: NodeId, nodes: readonly NodeRecord[]): boolean {
  const seen = new Set<NodeId>();
  for (let node: NodeRecord | undefined = start; node !== undefined && !seen.has(node.id); ) {
    if (node.id === wanted) return true;
    seen.add(node.id);
    const upstreamId: NodeId | undefined = node.upstreamNodeId;
    node = nodes.find(({ id }) => id === upstreamId);
  }
  return false;
}

function placeholderRow(wish: StandbyWish, id: NodeId): NodeRecord {
  return {
    id,
    role: 'standby',
    upstreamNodeId: undefined,
    clusterName: wish.node.clusterName,
    name: '',
    conninfo: wish.upstreamConninfo ?? '',
    slotName: undefined,
    priority: placeholderPriority,
    isActive: false,
  };
}
