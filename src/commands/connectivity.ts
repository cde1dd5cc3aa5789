/** What `cluster matrix` and `cluster crosscheck` share: whom they ask, and how they print it. docs/connectivity.md */
import type { Connectivity, ObserveOptions, Trouble } from '../cluster/connectivity/observe.ts';
import {
  type CellStatus,
  type Matrix,
  notReached,
  reached,
  unknown,
} from '../cluster/connectivity/matrix.ts';
import { exitCodes, failure } from '../errors.ts';
import type { NodeId, NodeRecord } from '../model/node.ts';
import { renderCsv } from '../render/csv.ts';
import { renderJson } from '../render/json.ts';
import { renderGrid } from '../render/grid.ts';
import { clusterConninfo, connectToCluster, nameOfCluster } from './cluster-connection.ts';
import { readNodes } from './cluster-nodes.ts';
import type { CommandContext } from './command.ts';
import { checkedNodeId } from './local-node.ts';
import { serverlessWitnesses } from './serverless-witnesses.ts';

/**
 * Reads the list of nodes, observes, prints.
 * @returns 0 even where nodes are down, as repmgr 3 has it; 12 where SSH failed, 15 where an answer was none
 */
export async function showConnectivity(
  context: CommandContext,
  observe: (options: ObserveOptions) => Promise<Connectivity>,
): Promise<number> {
  const { options, config, signal } = context;
  const clusterName = nameOfCluster(context);
  const localNodeId = localNode(context);
  const conninfo = clusterConninfo(context);
  const connection = await connectToCluster(context, conninfo);
  try {
    const nodes = await readNodes(connection, clusterName);
    refuseUnregistered(nodes, localNodeId);
    const connectivity = await observe({
      nodes,
      localNodeId,
      clusterName,
      sshOptions: config?.sshOptions,
      remoteUser: options.remoteUser,
      repmgrBindir: config?.repmgrBindir,
      pgBindir: options.pgBindir ?? config?.pgBindir,
      open: { connection, conninfo },
      askDaemon: await serverlessWitnesses(context, connection, clusterName, nodes),
      signal,
    });
    context.print(print(context, clusterName, nodes, connectivity));
    return conclude(context, connectivity.troubles);
  } finally {
    void connection.close();
  }
}

/** The node that stands for "here": that of repmgr.conf, or of --node, which goes together with --cluster. */
function localNode({ options, config }: CommandContext): NodeId {
  const id = options.node ?? options.nodeId ?? (options.cluster === undefined ? config?.nodeId : undefined);
  if (id !== undefined) return checkedNodeId(id, '--node');
  throw failure('usage', {
    message: 'the node that this command runs on is not known',
    detail: 'Without repmgr.conf, and with --cluster, nothing says which one it is.',
    hint: 'Add "-f /path/to/repmgr.conf", or "--node=ID" beside --cluster.',
  });
}

function refuseUnregistered(nodes: readonly NodeRecord[], localNodeId: NodeId): void {
  if (nodes.some(({ id }) => id === localNodeId)) return;
  throw failure('node_not_registered', {
    message: `node ${localNodeId} is not registered`,
    detail: `These are: ${nodes.map(({ id }) => id).join(', ') || 'none'}.`,
    hint: 'Register it with "repmgr primary register" or "repmgr standby register", or correct "node" in repmgr.conf.',
  });
}

function print(
  { options, pause }: CommandContext,
  cluster: string,
  nodes: readonly NodeRecord[],
  { matrix, troubles }: Connectivity,
): string {
  if (options.json === true) return renderJson({ cluster, pause, ...asObject(nodes, matrix, troubles) });
  if (options.csv === true) return renderCsv(matrix.map(({ from, to, status }) => [from, to, status]));
  return renderGrid(
    nodes.map(({ id, name }) => ({
      name,
      id,
      cells: matrix.filter(({ from }) => from === id).map(({ status }) => signs[status]),
    })),
  );
}

const signs: Readonly<Record<CellStatus, string>> = { [reached]: '*', [notReached]: 'x', [unknown]: '?' };
const words: Readonly<Record<CellStatus, string>> = {
  [reached]: 'reached',
  [notReached]: 'not_reached',
  [unknown]: 'unknown',
};

function asObject(nodes: readonly NodeRecord[], matrix: Matrix, troubles: readonly Trouble[]): object {
  return {
    nodes: nodes.map(({ id, name }) => ({ id, name })),
    connections: matrix.map(({ from, to, status }) => ({
      fromNodeId: from,
      toNodeId: to,
      status: words[status],
    })),
    warnings: troubles.map(({ node, error: { code, message, detail, hint } }) => ({
      nodeId: node.id,
      code,
      message,
      detail,
      hint,
    })),
  };
}

function conclude({ log, options }: CommandContext, troubles: readonly Trouble[]): number {
  const faults = troubles.filter(({ isDown }) => !isDown);
  if (options.json !== true) {
    for (const { node, error } of troubles.filter(({ isDown }) => isDown)) {
      const { detail } = error;
      log.warning(`node "${node.name}" (ID: ${node.id}) could not be asked: ${error.message}`, { detail });
    }
    for (const { node, error } of faults) {
      log.error(`node "${node.name}" (ID: ${node.id}) could not be asked: ${error.message}`, error);
    }
  }
  const codes = faults.map(({ error }) => error.exitCode);
  return codes.includes(exitCodes.internalError) ? exitCodes.internalError : (codes[0] ?? exitCodes.success);
}
