/** `repmgr cluster show`: every node of the cluster, what it is at this moment, and what is not as recorded. */
import { findDisagreements } from '../cluster/disagreements/find.ts';
import type { Disagreement } from '../cluster/disagreements/disagreement.ts';
import type { OwnConfiguration } from '../cluster/disagreements/own-row.ts';
import { listNodes } from '../cluster/metadata/nodes.ts';
import { schemaName } from '../cluster/metadata/schema.ts';
import { observedUpstream } from '../cluster/observed-upstream.ts';
import { type NodeObservation, surveyNodes } from '../cluster/survey.ts';
import type { Config } from '../config/resolve.ts';
import { failure, RepmgrError } from '../errors.ts';
import { formatConninfo, redactConninfo } from '../model/conninfo.ts';
import { formatLsn } from '../model/lsn.ts';
import { type NodeRecord, toNodeId } from '../model/node.ts';
import { type Connection, connect, sqlStateOf } from '../postgres/connection.ts';
import { isUnanswered } from '../postgres/connection-failure.ts';
import { renderCsv } from '../render/csv.ts';
import { renderJson } from '../render/json.ts';
import { renderTable } from '../render/table.ts';
import { connectionFromOptions } from './connection-options.ts';
import type { CommandContext } from './command.ts';

/**
 * Exit code 0 even where nodes did not answer, as repmgr 3 has it; 6 if the local server does not, 1 if the list of
 * nodes cannot be read. docs/cluster-show.md
 */
export async function run(context: CommandContext): Promise<void> {
  const clusterName = nameOfCluster(context);
  const conninfo = localConninfo(context);
  const connection = await connectLocally(context, conninfo);
  try {
    const nodes = await readNodes(connection, clusterName);
    const observations = await surveyNodes(nodes, {
      signal: context.signal,
      open: { connection, conninfo },
    });
    const disagreements = findDisagreements(observations, ownConfiguration(context.config, clusterName));
    show(context, clusterName, observations, disagreements);
  } finally {
    void connection.close();
  }
}

function nameOfCluster({ options, config }: CommandContext): string {
  const name = options.cluster ?? config?.clusterName;
  if (name !== undefined && name !== '') return name;
  throw failure('usage', {
    message: 'the name of the cluster is not known',
    detail: 'There is no repmgr.conf, and --cluster was not given.',
    hint: 'Add "-f /path/to/repmgr.conf", or "--cluster=NAME" and the connection options.',
  });
}

/** As in repmgr 3, connection options count only where no repmgr.conf gives a conninfo. */
function localConninfo({ options, config, environment }: CommandContext): string {
  if (config !== undefined && config.conninfo !== '') return config.conninfo;
  return formatConninfo(connectionFromOptions(options, environment));
}

async function connectLocally({ config, signal }: CommandContext, conninfo: string): Promise<Connection> {
  try {
    return await connect(conninfo, { signal });
  } catch (error) {
    if (!(error instanceof RepmgrError) || !isUnanswered(error)) throw error;
    throw failure(error.code, {
      message: error.message,
      detail: error.detail,
      hint:
        config === undefined
          ? 'Name a server of the cluster that is up: -h HOST -p PORT -d DBNAME -U USER.'
          : 'Start the PostgreSQL of this node, or run "repmgr cluster show" on a node whose PostgreSQL is up.',
      cause: error,
    });
  }
}

async function readNodes(connection: Connection, clusterName: string): Promise<readonly NodeRecord[]> {
  try {
    return await listNodes(connection, clusterName);
  } catch (error) {
    if (!(error instanceof RepmgrError) || error.code === 'interrupted') throw error;
    const schema = schemaName(clusterName);
    throw failure('node_list_unreadable', {
      message: `the nodes of cluster "${clusterName}" cannot be read`,
      detail: [error.message, error.detail].filter(Boolean).join(': '),
      hint:
        sqlStateOf(error) === '42501'
          ? `Let this role see them: GRANT USAGE ON SCHEMA "${schema}" and GRANT SELECT ON "${schema}".repl_nodes to it.`
          : `Check the name of the cluster; schema "${schema}" is made by "repmgr primary register".`,
      cause: error,
    });
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
      if (answer.kind !== 'answered')
        log.error(`connection to node "${node.name}" failed`, { detail: reasonOf(answer) });
    }
  }
  if (options.json === true) {
    context.print(renderJson(asObject(clusterName, observations, disagreements)));
  } else if (options.csv === true) {
    context.print(
      renderCsv(observations.map(({ node, answer }) => [node.id, answer.kind === 'answered' ? 0 : -1])),
    );
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
  if (answer.kind !== 'answered') return '  FAILED';
  if (node.role === 'witness') return '  witness';
  return answer.status.isInRecovery ? '  standby' : '* master';
}

function asObject(
  cluster: string,
  observations: readonly NodeObservation[],
  warnings: readonly Disagreement[],
): object {
  const names = new Map(observations.map(({ node }) => [node.id, node.name]));
  return {
    cluster,
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
      ...answerAsObject(observation, observations),
    })),
    warnings,
  };
}

/** Every key always stands there; null is what the node did not say. */
function answerAsObject(observation: NodeObservation, observations: readonly NodeObservation[]): object {
  const { node, answer } = observation;
  const status = answer.kind === 'answered' ? answer.status : undefined;
  const upstream = observedUpstream(observation, observations);
  const observedRole = status?.isInRecovery === true ? 'standby' : 'primary';
  return {
    status: answer.kind,
    reason: answer.kind === 'answered' ? undefined : reasonOf(answer),
    role: status && (node.role === 'witness' ? 'witness' : observedRole),
    attachedUpstreamNodeId: upstream.kind === 'node' ? upstream.node.id : undefined,
    isAttached:
      status?.isInRecovery === true && upstream.kind !== 'unknown' ? upstream.kind !== 'none' : undefined,
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

function reasonOf(answer: Exclude<NodeObservation['answer'], { kind: 'answered' }>): string {
  return answer.kind === 'silent' ? `no answer within ${Math.round(answer.waitedMs)} ms` : answer.reason;
}
