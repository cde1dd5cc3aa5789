/** Deletes old monitoring history on the primary, in batches that hold no lock for long. */
import { failure, RepmgrError } from '../errors.ts';
import type { Logger } from '../log/logger.ts';
import type { NodeId, NodeRecord } from '../model/node.ts';
import type { Connection } from '../postgres/connection.ts';
import { throwIfInterrupted } from '../system/clock.ts';
import {
  countSamples,
  deleteBatch,
  hasSamples,
  historyCutoff,
  type HistorySelection,
  mayVacuumHistory,
  newestSamples,
  vacuumHistory,
} from './metadata/monitoring-history.ts';
import { listNodes } from './metadata/nodes.ts';
import { nodeLabel } from './register/record.ts';

export interface CleanupWish {
  /** 0: everything but the newest sample of each node. */
  readonly keepDays: number;
  /** Undefined: of all nodes, registered or not. */
  readonly nodeId: NodeId | undefined;
}

export interface CleanupFacts {
  readonly nodes: readonly NodeRecord[];
  readonly hasSamplesOfNode: boolean;
  /** Undefined where no sample is old enough. */
  readonly selection: HistorySelection | undefined;
  readonly count: number;
  readonly mayVacuum: boolean;
}

export interface CleanupPlan {
  /** None where nothing is to be done. */
  readonly steps: readonly string[];
  /** For the event and its NOTICE: `older than 30 days, of node "node2" (ID: 2)`. */
  readonly words: string;
}

/** Looks only. @throws RepmgrError of the queries */
export async function inspectHistory(
  primary: Connection,
  cluster: string,
  { keepDays, nodeId }: CleanupWish,
): Promise<CleanupFacts> {
  const nodes = await listNodes(primary, cluster);
  const until = await historyCutoff(primary, cluster, keepDays);
  const selection = until && { until, nodeId, kept: await newestSamples(primary, cluster) };
  return {
    nodes,
    hasSamplesOfNode: nodeId !== undefined && (await hasSamples(primary, cluster, nodeId)),
    selection: selection || undefined,
    count: selection ? await countSamples(primary, cluster, selection) : 0,
    mayVacuum: await mayVacuumHistory(primary, cluster),
  };
}

/** Pure. @throws RepmgrError node_not_registered, for a node of which there is neither row nor history */
export function planCleanup(facts: CleanupFacts, { keepDays, nodeId }: CleanupWish): CleanupPlan {
  const node = facts.nodes.find(({ id }) => id === nodeId);
  if (nodeId !== undefined && node === undefined && !facts.hasSamplesOfNode) {
    throw failure('node_not_registered', {
      message: `node ID ${nodeId} is not registered, and there is no monitoring history of it`,
      detail: `These nodes are: ${facts.nodes.map(nodeLabel).join(', ') || 'none'}.`,
      hint: 'Correct --node; "repmgr cluster show" shows all nodes.',
    });
  }
  const age = keepDays === 0 ? [] : [`older than ${keepDays} days`];
  const ofNode =
    nodeId === undefined ? [] : [`of node ${node === undefined ? `ID ${nodeId}` : nodeLabel(node)}`];
  const words = [...age, ...ofNode].join(', ');
  if (facts.count === 0) return { steps: [], words };
  const which = words === '' ? '' : ` (${words})`;
  return {
    words,
    steps: [
      `delete ${facts.count} rows of monitoring history${which}; the newest row of each node stays`,
      ...(facts.mayVacuum ? ['vacuum the table repl_monitor'] : []),
    ],
  };
}

/**
 * @returns how many rows went
 * @throws RepmgrError of a statement, or interrupted; the batches until then are gone, which is said
 */
export async function cleanHistory(
  primary: Connection,
  cluster: string,
  facts: CleanupFacts,
  { log, signal }: { readonly log: Logger; readonly signal: AbortSignal },
): Promise<number> {
  let deleted = 0;
  if (facts.selection === undefined) return deleted;
  try {
    for (let end: string | undefined; ; ) {
      throwIfInterrupted(signal);
      const batch = await deleteBatch(primary, cluster, facts.selection, end);
      if (batch === undefined) break;
      deleted += batch.deleted;
      end = batch.end;
      log.debug(`${deleted} rows of monitoring history are deleted`);
    }
  } catch (error) {
    if (!(error instanceof RepmgrError)) throw error;
    throw failure(error.code, {
      message: error.message,
      detail: [error.detail, `${deleted} of ${facts.count} rows of monitoring history were deleted before.`]
        .filter(Boolean)
        .join(' '),
      hint: error.hint ?? 'Run the same command again to delete the rest.',
      cause: error.cause,
    });
  }
  if (facts.mayVacuum) await vacuum(primary, cluster, log);
  return deleted;
}

/** As in repmgr 3 its failure is none of the command's: autovacuum comes by itself. */
async function vacuum(primary: Connection, cluster: string, log: Logger): Promise<void> {
  try {
    await vacuumHistory(primary, cluster);
  } catch (error) {
    if (!(error instanceof RepmgrError)) throw error;
    log.warning('the table repl_monitor could not be vacuumed', { detail: error.message });
  }
}
