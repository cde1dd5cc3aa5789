/** Every repmgrd of the cluster, asked at the same time; for commands that show all of them. */
import { tlsFilesOf } from '../api/certificates.ts';
import { readPage } from '../api/page-client.ts';
import type { ApiView, DecisionView, NodeView } from '../api/view.ts';
import { inspectSchema } from '../cluster/metadata/schema.ts';
import { listDaemonAddresses } from '../cluster/metadata/daemon-addresses.ts';
import { type NodeObservation, surveyNodes } from '../cluster/survey.ts';
import { defaultApiAddress } from '../config/derive.ts';
import { failure, RepmgrError } from '../errors.ts';
import { limits } from '../limits.ts';
import { redactConninfo } from '../model/conninfo.ts';
import type { NodeId } from '../model/node.ts';
import type { Connection } from '../postgres/connection.ts';
import { clusterConninfo, connectToCluster, nameOfCluster } from './cluster-connection.ts';
import { readNodes } from './cluster-nodes.ts';
import type { CommandContext } from './command.ts';
import { localView } from './local-daemon.ts';
import { requireConfig } from './local-node.ts';

/** A recorded node, as the repmgrd of this node or the metadata know it. */
export type RecordedNode = Pick<
  NodeView,
  'id' | 'name' | 'role' | 'isActive' | 'upstream' | 'priority' | 'apiAddress' | 'conninfo'
>;

export interface RecordedDaemons {
  readonly nodes: readonly RecordedNode[];
  /** Of this node; undefined where its repmgrd does not answer. */
  readonly local: ApiView | undefined;
}

/** What one repmgrd said, or why it said nothing. */
export interface DaemonAnswer<Page> {
  readonly node: RecordedNode;
  readonly page: Page | undefined;
  readonly reason: string | undefined;
  /** Its host said that nobody listens there: no repmgrd runs. Else it may run and hang, or not be reached. */
  readonly isRefused: boolean;
}

/**
 * The nodes of the cluster: from the repmgrd of this node, which needs no PostgreSQL for it, else from the metadata.
 * @throws RepmgrError daemon_not_running or daemon_silent, where neither answers
 */
export async function recordedDaemons(context: CommandContext): Promise<RecordedDaemons> {
  try {
    const local = await localView(context);
    return { nodes: local.nodes, local };
  } catch (error) {
    if (!(error instanceof RepmgrError) || error.code === 'interrupted') throw error;
    return { nodes: await nodesOfMetadata(context, error), local: undefined };
  }
}

export async function askViews(
  context: CommandContext,
  { nodes, local }: RecordedDaemons,
): Promise<readonly DaemonAnswer<ApiView>[]> {
  const answers = await askAll<ApiView>(context, nodes, '/cluster', 'leadership');
  return answers.map((answer) =>
    local !== undefined && answer.node.id === local.node
      ? { ...answer, page: local, reason: undefined }
      : answer,
  );
}

export async function askDecisions(
  context: CommandContext,
  { nodes }: RecordedDaemons,
): Promise<readonly DaemonAnswer<{ readonly decisions: readonly DecisionView[] }>[]> {
  return await askAll(context, nodes, '/decisions', 'decisions');
}

/**
 * Asks the servers of nodes over SQL, whose repmgrd says nothing: where they are is known to the metadata alone.
 * @returns nothing of those that could not be asked in time
 */
export async function observeServers(
  context: CommandContext,
  ids: readonly NodeId[],
): Promise<ReadonlyMap<NodeId, NodeObservation['answer']>> {
  if (ids.length === 0) return new Map();
  const signal = AbortSignal.any([context.signal, AbortSignal.timeout(limits.pageMs)]);
  try {
    const conninfo = clusterConninfo(context);
    const connection = await connectToCluster({ ...context, signal }, conninfo);
    try {
      const nodes = (await readNodes(connection, nameOfCluster(context))).filter(({ id }) =>
        ids.includes(id),
      );
      const observations = await surveyNodes(nodes, { signal, open: { connection, conninfo } });
      return new Map(observations.map(({ node, answer }) => [node.id, answer]));
    } finally {
      void connection.close();
    }
  } catch (error) {
    if (context.signal.aborted) throw error;
    return new Map();
  }
}

async function nodesOfMetadata(
  context: CommandContext,
  daemonError: RepmgrError,
): Promise<readonly RecordedNode[]> {
  const cluster = nameOfCluster(context);
  const connection = await connectToCluster(context, clusterConninfo(context)).catch((error: unknown) => {
    if (!(error instanceof RepmgrError) || error.code === 'interrupted') throw error;
    throw failure(daemonError.code, {
      message: daemonError.message,
      detail: [daemonError.detail, `Nor can the metadata be read: ${error.message}.`]
        .filter(Boolean)
        .join('\n'),
      hint: daemonError.hint,
      cause: error,
    });
  });
  try {
    return await readRecordedNodes(connection, cluster);
  } finally {
    void connection.close();
  }
}

/** @throws RepmgrError node_list_unreadable, interrupted, of the queries */
export async function readRecordedNodes(
  connection: Connection,
  cluster: string,
): Promise<readonly RecordedNode[]> {
  const nodes = await readNodes(connection, cluster);
  const schema = await inspectSchema(connection, cluster);
  const addresses =
    schema.kind === 'ours' ? await listDaemonAddresses(connection, cluster) : new Map<NodeId, string>();
  return nodes.map((node) => ({
    ...node,
    upstream: node.upstreamNodeId ?? null,
    apiAddress: addresses.get(node.id) ?? null,
    conninfo: redactConninfo(node.conninfo),
  }));
}

/** @param mark a key that the page has, and no error page has */
async function askAll<Page extends object>(
  context: CommandContext,
  nodes: readonly RecordedNode[],
  path: '/cluster' | '/decisions',
  mark: keyof Page & string,
): Promise<readonly DaemonAnswer<Page>[]> {
  const tls = tlsFilesOf(requireConfig(context));
  const { signal } = context;
  return await Promise.all(
    nodes.map(async (node) => {
      const address = node.apiAddress ?? (node.conninfo === '' ? null : defaultApiAddress(node.conninfo, {}));
      const silent = { node, page: undefined, isRefused: false };
      if (address === null) return { ...silent, reason: 'its address is not known' };
      try {
        const page = await readPage({ address, path, tls, signal });
        if (typeof page !== 'object' || page === null || !(mark in page)) throw new Error('it is no repmgrd');
        return { node, page: page as Page, reason: undefined, isRefused: false };
      } catch (error) {
        const isRefused = (error as NodeJS.ErrnoException).code === 'ECONNREFUSED';
        const told = error instanceof Error ? error.message : String(error);
        return { ...silent, reason: `${address}: ${isRefused ? 'connection refused' : told}`, isRefused };
      }
    }),
  );
}
