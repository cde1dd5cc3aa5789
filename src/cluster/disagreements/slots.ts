/** Replication slots: missing where a standby needs one, and left over where they keep WAL for nobody. Pure. */
import { formatSize } from '../../model/size.ts';
import { type NodeId, type NodeRecord, replicationSlotName } from '../../model/node.ts';
import type { SlotStatus } from '../../postgres/queries/server-status.ts';
import type { ObservedUpstreams } from '../observed-upstream.ts';
import type { NodeObservation } from '../survey.ts';
import { type AnsweringNode, answeringServers, type Disagreement, nameOf } from './disagreement.ts';

export function slotDisagreements(
  observations: readonly NodeObservation[],
  upstreams: ObservedUpstreams,
): Disagreement[] {
  const servers = answeringServers(observations);
  return [
    ...observations.flatMap((observation) => slotOf(observation, upstreams, servers)),
    ...servers.flatMap((server) => leftOverSlotsOf(server, observations, upstreams)),
  ];
}

/** The slot that the row of a standby names, on the node that it streams from or (down) is to stream from. */
function slotOf(
  { node, answer }: NodeObservation,
  upstreams: ObservedUpstreams,
  servers: readonly AnsweringNode[],
): Disagreement[] {
  if (node.role !== 'standby' || node.slotName === undefined) return [];
  if (answer.kind === 'answered' && !answer.status.isInRecovery) return [];
  const upstreamId = followedNode(node, upstreams);
  const server = servers.find((other) => other.node.id === upstreamId);
  if (server?.status.slots === undefined) return [];
  const slot = server.status.slots.find(({ name }) => name === node.slotName);
  const at = { nodeId: node.id, slotName: node.slotName, node, server };
  if (slot === undefined) return [missing(at)];
  if (slot.isActive) return [];
  return [upstreams.get(node.id)?.kind === 'node' ? notUsed(at) : waiting(at, slot)];
}

interface SlotPlace {
  readonly node: NodeRecord;
  readonly slotName: string;
  readonly server: AnsweringNode;
}

function missing({ node, slotName, server }: SlotPlace): Disagreement {
  return {
    nodeId: node.id,
    code: 'slot_missing',
    message: `replication slot "${slotName}" of ${nameOf(node)} does not exist on its upstream ${nameOf(server.node)}`,
    hint: `Run "SELECT pg_create_physical_replication_slot('${slotName}')" on ${server.node.name}, or "repmgr standby follow" on ${node.name}.`,
  };
}

function notUsed({ node, slotName, server }: SlotPlace): Disagreement {
  return {
    nodeId: node.id,
    code: 'slot_not_used',
    message: `${nameOf(node)} streams from ${nameOf(server.node)} without its replication slot "${slotName}"`,
    hint: `Run "repmgr standby follow" on ${node.name}, which sets primary_slot_name.`,
  };
}

function waiting({ node, slotName, server }: SlotPlace, slot: SlotStatus): Disagreement {
  return {
    nodeId: node.id,
    code: 'slot_waiting',
    message: `replication slot "${slotName}" on ${nameOf(server.node)} ${keeps(slot, server)} for ${nameOf(node)}, which is not attached`,
    hint: `Bring ${node.name} back before the disk of ${server.node.name} is full, or run "SELECT pg_drop_replication_slot('${slotName}')" there.`,
  };
}

/** The node that a standby streams from, or (down) is to stream from. */
function followedNode(node: NodeRecord, upstreams: ObservedUpstreams): NodeId | undefined {
  const upstream = upstreams.get(node.id);
  return upstream?.kind === 'node' ? upstream.node.id : node.upstreamNodeId;
}

/** Inactive slots named as repmgr names them whose node is not, and is not to be, a follower of this server. */
function leftOverSlotsOf(
  server: AnsweringNode,
  observations: readonly NodeObservation[],
  upstreams: ObservedUpstreams,
): Disagreement[] {
  const expected = new Set(
    observations.flatMap(({ node }) => {
      const isFollower = node.role === 'standby' && followedNode(node, upstreams) === server.node.id;
      return isFollower ? [node.slotName ?? replicationSlotName(node.id)] : [];
    }),
  );
  return (server.status.slots ?? [])
    .filter(({ name, isActive }) => !isActive && /^repmgr_slot_\d+$/.test(name) && !expected.has(name))
    .map((slot) => ({
      nodeId: server.node.id,
      code: 'slot_left_over',
      message: `replication slot "${slot.name}" on ${nameOf(server.node)} ${keeps(slot, server)} for nobody`,
      hint: `A repmgrd drops that of a registered node within three minutes; else run "SELECT pg_drop_replication_slot('${slot.name}')" on ${server.node.name}.`,
    }));
}

function keeps({ restartLsn }: SlotStatus, { status }: AnsweringNode): string {
  const end = status.isInRecovery ? (status.receivedLsn ?? status.replayedLsn) : status.currentLsn;
  if (restartLsn === undefined || end === undefined) return 'is kept';
  return `keeps ${formatSize(Number(end > restartLsn ? end - restartLsn : 0n))} of WAL`;
}
