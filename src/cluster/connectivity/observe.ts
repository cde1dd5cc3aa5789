/** Who reaches whom, as seen from here: this node asks every other one, all at the same time. */
import { RepmgrError } from '../../errors.ts';
import type { NodeId, NodeRecord } from '../../model/node.ts';
import { type NodeObservation, surveyNodes, type SurveyOptions } from '../survey.ts';
import { type Cell, combine, type Matrix, matrixOf, notReached, reached } from './matrix.ts';
import { askForMatrix, askForRow, type RemoteSettings } from './remote-repmgr.ts';

/** Why the row of a node, or what it sees of the others, is not known. */
export interface Trouble {
  readonly node: NodeRecord;
  readonly error: RepmgrError;
  /** Its PostgreSQL does not answer either, and nothing but its host is known to be at fault. */
  readonly isDown: boolean;
}

export interface Connectivity {
  readonly matrix: Matrix;
  readonly troubles: readonly Trouble[];
}

export interface ObserveOptions extends RemoteSettings {
  readonly localNodeId: NodeId;
  /** As in `surveyNodes`. */
  readonly open: SurveyOptions['open'];
  readonly askDaemon: SurveyOptions['askDaemon'];
}

/**
 * Connects to every node, and has each other node that answers do the same. A node is asked as soon as it has
 * answered, so nodes that are down cost one time-out, whatever their number.
 * @throws RepmgrError interrupted; what fails about a node is a trouble, and its row is unknown
 */
export async function observeMatrix(options: ObserveOptions): Promise<Connectivity> {
  const rows = await Promise.all(options.nodes.map((node) => observeNode(node, options)));
  const cells = rows.flatMap(({ seen, row }) => [seen, ...row]);
  return {
    matrix: matrixOf(
      options.nodes.map(({ id }) => id),
      cells,
    ),
    troubles: rows.flatMap(({ trouble }) => trouble ?? []),
  };
}

/**
 * What all nodes see together: each of them makes its own matrix.
 * @throws RepmgrError interrupted
 */
export async function crosscheck(options: ObserveOptions): Promise<Connectivity> {
  const others = options.nodes.filter(({ id, conninfo }) => id !== options.localNodeId && conninfo !== '');
  const [own, ...remote] = await Promise.all([
    observeMatrix(options),
    ...others.map((node) => attempt(node, () => askForMatrix(node, options))),
  ]);
  const answersHere = new Set(
    own.matrix
      .filter(({ from, status }) => from === options.localNodeId && status === reached)
      .map(({ to }) => to),
  );
  const troubles = remote.flatMap(({ trouble }) => trouble ?? []);
  return {
    matrix: combine(
      options.nodes.map(({ id }) => id),
      [own.matrix, ...remote.map(({ cells }) => cells)],
    ),
    troubles: troubles.map((trouble) => ({
      ...trouble,
      isDown: !answersHere.has(trouble.node.id) && isSilence(trouble.error),
    })),
  };
}

interface ObservedNode {
  readonly seen: Cell;
  readonly row: readonly Cell[];
  readonly trouble: Trouble | undefined;
}

async function observeNode(node: NodeRecord, options: ObserveOptions): Promise<ObservedNode> {
  const { localNodeId, open, signal, askDaemon } = options;
  const [observation] = await surveyNodes([node], { open, signal, askDaemon });
  const { kind } = (observation as NodeObservation).answer;
  const isReached = kind === 'answered' || kind === 'witness';
  const seen: Cell = { from: localNodeId, to: node.id, status: isReached ? reached : notReached };
  // Without conninfo nobody knows the host that ssh would have to reach.
  if (!isReached || node.id === localNodeId || kind === 'witness')
    return { seen, row: [], trouble: undefined };
  const { cells, trouble } = await attempt(node, () => askForRow(node, options));
  return { seen, row: cells, trouble };
}

async function attempt(
  node: NodeRecord,
  ask: () => Promise<readonly Cell[]>,
): Promise<{ readonly cells: readonly Cell[]; readonly trouble: Trouble | undefined }> {
  try {
    return { cells: await ask(), trouble: undefined };
  } catch (error) {
    if (!(error instanceof RepmgrError) || error.code === 'interrupted') throw error;
    return { cells: [], trouble: { node, error, isDown: false } };
  }
}

/** A host or server that is down, other than one that refuses us. */
function isSilence({ code }: RepmgrError): boolean {
  return ['ssh_unreachable', 'ssh_timeout', 'remote_output_unreadable'].includes(code);
}
