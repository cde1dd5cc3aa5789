/** `repmgr cluster show`: every node of the cluster, what it is at this moment, and what is not as recorded. */
import type { PauseView } from '../api/view.ts';
import { findDisagreements } from '../cluster/disagreements/find.ts';
import type { Disagreement } from '../cluster/disagreements/disagreement.ts';
import type { OwnConfiguration } from '../cluster/disagreements/own-row.ts';
import { type ObservedUpstreams, observedUpstreams } from '../cluster/observed-upstream.ts';
import { type NodeObservation, surveyNodes } from '../cluster/survey.ts';
import type { Config } from '../config/resolve.ts';
import { redactConninfo } from '../model/conninfo.ts';
import { formatLsn } from '../model/lsn.ts';
import { toNodeId } from '../model/node.ts';
import { renderCsv } from '../render/csv.ts';
import { renderJson } from '../render/json.ts';
import { renderTable } from '../render/table.ts';
import { readNodes } from './cluster-nodes.ts';
import { clusterConninfo, connectToCluster, nameOfCluster } from './cluster-connection.ts';
import type { CommandContext } from './command.ts';
import { serverlessWitnesses } from './serverless-witnesses.ts';

/**
 * Exit code 0 even where nodes did not answer, as repmgr 3 has it; 6 if the local server does not, 1 if the list of
 * nodes cannot be read. docs/cluster-show.md
 */
export async function run(context: CommandContext): Promise<void> {
  const clusterName = nameOfCluster(context);
  const conninfo = clusterConninfo(context);
  const observations = await observeNodes(context, clusterName, conninfo);
  const disagreements = findDisagreements(observations, ownConfiguration(context.config, clusterName));
  show(context, clusterName, observations, disagreements);
}

/** The server's goodbye is not waited for: it comes while the answer is written. */
async function observeNodes(
  context: CommandContext,
  clusterName: string,
  conninfo: string,
): Promise<readonly NodeObservation[]> {
  const connection = await connectToCluster(context, conninfo);
  try {
    const nodes = await readNodes(connection, clusterName);
    const askDaemon = await serverlessWitnesses(context, connection, clusterName, nodes);
    return await surveyNodes(nodes, { signal: context.signal, open: { connection, conninfo }, askDaemon });
  } finally {
    void connection.close();
  }
}

/** `--cluster` may name a cluster to which the node of repmgr.conf does not belong. */
function ownConfiguration(config: Config | undefined, clusterName: string): OwnConfiguration | undefined {
  const nodeId = config?.nodeId === undefined ? undefined : toNodeId(config.nodeId);
  if (config === undefined || nodeId === undefined || config.clusterName !== clusterName) return undefined;
  return { nodeId, nodeName: config.nodeName, conninfo: config.conninfo };
}

function show(
  context: CommandContext,
  clusterName: string,
  observations: readonly NodeObservation[],
  disagreements: readonly Disagreement[],
): void {
  const { options, log } = context;
  if (options.verbose === true) {
    for (const { node, answer } of observations) {
      if (!isUp(answer)) log.error(`connection to node "${node.name}" failed`, { detail: reasonOf(answer) });
    }
  }
  if (options.json === true) {
    context.print(renderJson(asObject(clusterName, context.pause, observations, disagreements)));
  } else if (options.csv === true) {
    context.print(renderCsv(observations.map(({ node, answer }) => [node.id, isUp(answer) ? 0 : -1])));
  } else {
    context.print(asTable(observations, options.compact === true));
    for (const { message, hint } of disagreements) log.warning(message, { hint });
  }
}

function asTable(observations: readonly NodeObservation[], isCompact: boolean): string {
  const names = new Map(observations.map(({ node }) => [node.id, node.name]));
  const columns = [
    { heading: 'Role', minimumWidth: 9 },
    { heading: 'Name' },
    { heading: 'Upstream' },
    ...(isCompact ? [] : [{ heading: 'Connection String' }]),
  ];
  const rows = observations.map((observation) => [
    roleCell(observation),
    observation.node.name,
    (observation.node.upstreamNodeId && names.get(observation.node.upstreamNodeId)) ?? '',
    redactConninfo(observation.node.conninfo),
  ]);
  return renderTable(columns, rows);
}

/** The role that was observed; only a witness, which is no part of replication, is known by its row. */
function roleCell({ node, answer }: NodeObservation): string {
  if (answer.kind === 'witness') return '  witness';
  if (answer.kind !== 'answered') return '  FAILED';
  if (node.role === 'witness') return '  witness';
  return answer.status.isInRecovery ? '  standby' : '* master';
}

function asObject(
  cluster: string,
  pause: PauseView | undefined,
  observations: readonly NodeObservation[],
  warnings: readonly Disagreement[],
): object {
  const names = new Map(observations.map(({ node }) => [node.id, node.name]));
  const upstreams = observedUpstreams(observations);
  return {
    cluster,
    pause,
    nodes: observations.map((observation) => ({
      id: observation.node.id,
      name: observation.node.name,
      type: observation.node.role === 'primary' ? 'master' : observation.node.role,
      active: observation.node.isActive,
      upstreamNodeId: observation.node.upstreamNodeId,
      upstreamNodeName: observation.node.upstreamNodeId && names.get(observation.node.upstreamNodeId),
      priority: observation.node.priority,
      slotName: observation.node.slotName,
      conninfo: redactConninfo(observation.node.conninfo),
      ...answerAsObject(observation, upstreams),
    })),
    warnings,
  };
}

/** Every key always stands there; null is what the node did not say. */
function answerAsObject({ node, answer }: NodeObservation, upstreams: ObservedUpstreams): object {
  const status = answer.kind === 'answered' ? answer.status : undefined;
  const upstream = upstreams.get(node.id);
  const observedRole = status?.isInRecovery === true ? 'standby' : 'primary';
  return {
    status: isUp(answer) ? 'answered' : answer.kind,
    reason: isUp(answer) ? undefined : reasonOf(answer),
    role: isUp(answer) && node.role === 'witness' ? 'witness' : status && observedRole,
    attachedUpstreamNodeId: upstream?.kind === 'node' ? upstream.node.id : undefined,
    isAttached:
      status?.isInRecovery === true && upstream !== undefined && upstream.kind !== 'unknown'
        ? upstream.kind !== 'none'
        : undefined,
    serverVersion: answer.kind === 'answered' ? answer.serverVersion : undefined,
    systemIdentifier: status?.systemIdentifier,
    timeline: status?.timeline,
    currentLsn: status?.currentLsn === undefined ? undefined : formatLsn(status.currentLsn),
    receivedLsn: status?.receivedLsn === undefined ? undefined : formatLsn(status.receivedLsn),
    replayedLsn: status?.replayedLsn === undefined ? undefined : formatLsn(status.replayedLsn),
    isReplayPaused: status?.isReplayPaused,
    isReadOnly: status && (status.isInRecovery || status.isReadOnlyByDefault),
  };
}

type Up = Extract<NodeObservation['answer'], { kind: 'answered' | 'witness' }>;

function isUp(answer: NodeObservation['answer']): answer is Up {
  return answer.kind === 'answered' || answer.kind === 'witness';
}

function reasonOf(answer: Exclude<NodeObservation['answer'], Up>): string {
  return answer.kind === 'silent' ? `no answer within ${Math.round(answer.waitedMs)} ms` : answer.reason;
}
