/** What each standby streams from, under which name, and how far, against what its row says. Pure. */
import type { NodeRecord } from '../../model/node.ts';
import { expectedStreamingName, type ObservedUpstreams, streamingName } from '../observed-upstream.ts';
import type { NodeObservation } from '../survey.ts';
import { type AnsweringNode, type Disagreement, nameOf, primariesAmong } from './disagreement.ts';

export function attachmentDisagreements(
  observations: readonly NodeObservation[],
  upstreams: ObservedUpstreams,
): Disagreement[] {
  const primaries = primariesAmong(observations);
  return observations.flatMap((observation) => {
    const { node, answer } = observation;
    if (answer.kind !== 'answered' || !answer.status.isInRecovery || node.role === 'witness') return [];
    const standby: AnsweringNode = { node, status: answer.status };
    return [
      ...upstreamOf(node, upstreams, observations),
      ...timelineOf(standby, primaries),
      ...replayOf(standby),
      ...streamingNameOf(observation),
    ];
  });
}

function upstreamOf(
  node: NodeRecord,
  upstreams: ObservedUpstreams,
  observations: readonly NodeObservation[],
): Disagreement[] {
  const recorded = observations.find((other) => other.node.id === node.upstreamNodeId)?.node;
  const expected = recorded === undefined ? 'names no upstream' : `says ${nameOf(recorded)}`;
  const upstream = upstreams.get(node.id);
  switch (upstream?.kind) {
    case undefined:
    case 'unknown':
      return [];
    case 'none':
      return [
        {
          nodeId: node.id,
          code: 'not_attached',
          message: `${nameOf(node)} is not attached to any upstream: ${
            upstream.status === undefined
              ? 'no WAL receiver runs'
              : `its WAL receiver is "${upstream.status}"`
          }`,
          hint: notAttachedHint(node, recorded, observations),
        },
      ];
    case 'elsewhere':
      return [
        {
          nodeId: node.id,
          code: 'unknown_upstream',
          message: `${nameOf(node)} streams from ${upstream.address}, which is the conninfo of no node; the metadata ${expected}`,
          hint: `Run "repmgr standby follow" on ${node.name}, or write the address of its upstream as that node's conninfo has it.`,
        },
      ];
    case 'node':
      if (upstream.node.id === recorded?.id) return [];
      return [
        {
          nodeId: node.id,
          code: 'other_upstream',
          message: `${nameOf(node)} streams from ${nameOf(upstream.node)}; the metadata ${expected}`,
          hint: `Run "repmgr standby follow" on ${node.name} to stream from the primary, or set upstream_node=${upstream.node.id} in its repmgr.conf and run "repmgr standby register --force" to record what is.`,
        },
      ];
  }
}

function notAttachedHint(
  node: NodeRecord,
  recorded: NodeRecord | undefined,
  observations: readonly NodeObservation[],
): string {
  const upstreamAnswers = observations.some(
    (other) => other.node.id === recorded?.id && other.answer.kind === 'answered',
  );
  if (recorded !== undefined && !upstreamAnswers) {
    return `Bring ${nameOf(recorded)} back, or run "repmgr standby follow" on ${node.name} once there is a primary.`;
  }
  return `Read the server log of ${node.name} for the reason; "repmgr standby follow" on it attaches it to the primary.`;
}

/** A standby whose timeline is older than the primary's missed a promotion. */
function timelineOf({ node, status }: AnsweringNode, primaries: readonly AnsweringNode[]): Disagreement[] {
  const [primary] = primaries;
  if (primary === undefined || primaries.length > 1) return [];
  const { timeline } = primary.status;
  // A streaming standby goes over to the new timeline by itself as soon as it gets there.
  if (timeline === undefined || status.timeline === undefined || status.timeline >= timeline) return [];
  if (typeof status.walReceiver === 'object' && status.walReceiver.status === 'streaming') return [];
  return [
    {
      nodeId: node.id,
      code: 'timeline_behind',
      message: `${nameOf(node)} is on timeline ${status.timeline}, the primary ${nameOf(primary.node)} on ${timeline}`,
      hint: `Run "repmgr standby follow" on ${node.name}; it says whether the node has diverged and must be cloned again.`,
    },
  ];
}

function replayOf({ node, status }: AnsweringNode): Disagreement[] {
  if (!status.isReplayPaused) return [];
  return [
    {
      nodeId: node.id,
      code: 'replay_paused',
      message: `WAL replay is paused on ${nameOf(node)}: its data grows old, and it cannot be promoted`,
      hint: `Run "SELECT pg_wal_replay_resume()" on ${node.name} ("pg_xlog_replay_resume()" before PostgreSQL 10).`,
    },
  ];
}

function streamingNameOf(observation: NodeObservation): Disagreement[] {
  const { node, answer } = observation;
  if (answer.kind !== 'answered' || typeof answer.status.walReceiver !== 'object') return [];
  const { conninfo, status } = answer.status.walReceiver;
  if (conninfo === undefined || status !== 'streaming') return [];
  const used = streamingName(observation);
  const expected = expectedStreamingName(node);
  if (used === expected) return [];
  return [
    {
      nodeId: node.id,
      code: 'name_differs',
      message: `${nameOf(node)} streams under the application_name "${used}", not "${expected}"; synchronous_standby_names may miss it`,
      hint: `Run "repmgr standby follow" on ${node.name}, which writes primary_conninfo anew.`,
    },
  ];
}
