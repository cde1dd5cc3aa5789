/** Finds the node to follow, and the primary that keeps the metadata; waits for them where that is wanted. */
import { failure, RepmgrError } from '../../errors.ts';
import { limits } from '../../limits.ts';
import type { Logger } from '../../log/logger.ts';
import type { NodeRecord } from '../../model/node.ts';
import { connect, type Connection } from '../../postgres/connection.ts';
import { recoveryState } from '../../postgres/queries/recovery-state.ts';
import { monotonicMs, waitUntil } from '../../system/clock.ts';
import { describeUnreachable, findPrimary, severalPrimaries } from '../find-primary.ts';
import { listNodes } from '../metadata/nodes.ts';
import { requireSchema } from '../metadata/schema.ts';
import { nodeLabel } from '../register/record.ts';
import { surveyNodes } from '../survey.ts';
import type { FollowWish } from './wish.ts';

/** The caller closes the connections. */
export interface FoundUpstream {
  /** As its server's own metadata have it. */
  readonly nodes: readonly NodeRecord[];
  readonly primary: { readonly node: NodeRecord; readonly connection: Connection };
  /** The node to stream from; the primary itself, unless `--upstream-node-id` names another one. */
  readonly node: NodeRecord;
  readonly connection: Connection;
  /** Nodes that accept writes beside the primary that was named. */
  readonly otherPrimaries: readonly NodeRecord[];
}

export interface SearchContext {
  readonly log: Logger;
  readonly signal: AbortSignal;
  /** Opens a connection to a server that holds the metadata: the local one. */
  connectLocally(): Promise<Connection>;
}

type FoundPrimary = Pick<FoundUpstream, 'primary' | 'otherPrimaries'>;

type Look = FoundPrimary | { readonly error: RepmgrError };

/**
 * Looks once, or again and again for as long as the wish says; what a look found is told every ten seconds.
 * @throws RepmgrError primary_not_found, several_primaries, not_a_primary, upstream_not_registered, connection_failed,
 *   interrupted
 */
export async function findUpstream(wish: FollowWish, context: SearchContext): Promise<FoundUpstream> {
  let lastError: RepmgrError | undefined;
  let toldAtMs: number | undefined;
  const look = async (): Promise<FoundPrimary | undefined> => {
    const found = await lookForPrimary(wish, context);
    if ('primary' in found) return found;
    lastError = found.error;
    if (wish.waitMs > 0 && (toldAtMs === undefined || monotonicMs() - toldAtMs >= limits.progressLineMs)) {
      context.log.notice(`waiting for a primary: ${lastError.message}`, { detail: lastError.detail });
      toldAtMs = monotonicMs();
    }
    return undefined;
  };
  const { signal } = context;
  const found = await waitUntil(look, {
    deadlineMs: wish.waitMs,
    intervalMs: limits.primarySearchMs,
    signal,
  }).catch((error: unknown) => {
    throw error instanceof RepmgrError && error.code === 'interrupted' ? interruption() : error;
  });
  if (found === undefined) throw lastError ?? new Error('a look ended without a result');
  return await withUpstreamNode(found, wish, context);
}

function interruption(): RepmgrError {
  return failure('interrupted', {
    message: 'the wait for a primary was interrupted',
    detail: 'Nothing was changed.',
    hint: 'Run the same command again when there is a primary.',
  });
}

/** What may be otherwise a moment later is given back; what nobody should wait for is thrown. */
async function lookForPrimary(wish: FollowWish, context: SearchContext): Promise<Look> {
  try {
    return wish.target === undefined ? await askMetadata(wish, context) : await askTarget(wish, context);
  } catch (error) {
    if (!(error instanceof RepmgrError)) throw error;
    const isPassing = ['connection_failed', 'connection_lost', 'query_timeout'].includes(error.code);
    if (!isPassing) throw error;
    return { error };
  }
}

async function askMetadata(wish: FollowWish, context: SearchContext): Promise<Look> {
  const { clusterName } = wish.node;
  const local = await context.connectLocally();
  try {
    await requireSchema(local, clusterName);
    const found = await findPrimary(local, clusterName, context);
    if (found.kind === 'found') return { primary: found, otherPrimaries: [] };
    if (found.kind === 'several') throw severalPrimaries(found.nodes);
    return {
      error: failure('primary_not_found', {
        message: `no primary of cluster "${clusterName}" was found`,
        detail: describeUnreachable(found.unreachable),
        hint: `Promote a standby, or wait for one with: ${wish.ownCommand('standby follow -W')}`,
      }),
    };
  } finally {
    await local.close();
  }
}

async function askTarget(wish: FollowWish, { signal }: SearchContext): Promise<Look> {
  const connection = await connect(wish.target ?? {}, { signal });
  let primary: FoundUpstream['primary'] | undefined;
  try {
    const { isInRecovery, instance } = await recoveryState(connection, { signal });
    const place = `${connection.host}:${connection.port}`;
    if (isInRecovery) {
      return {
        error: failure('not_a_primary', {
          message: `the server to follow, ${place}, is not a primary`,
          detail: 'It is in recovery itself.',
          hint: 'Name the primary; --upstream-node-id chooses a standby to stream from.',
        }),
      };
    }
    const { clusterName } = wish.node;
    await requireSchema(connection, clusterName);
    const writable = await writableNodes(connection, clusterName, signal);
    const same = writable.filter((it) => it.instance === instance).map(({ node }) => node);
    const node = same.find(({ role, isActive }) => role === 'primary' && isActive) ?? same[0];
    if (node === undefined) throw notRegistered(place, clusterName);
    const others = writable.filter((it) => it.instance !== instance).map((it) => it.node);
    primary = { node, connection };
    return { primary, otherPrimaries: others };
  } finally {
    if (primary === undefined) await connection.close();
  }
}

async function writableNodes(connection: Connection, clusterName: string, signal: AbortSignal) {
  const nodes = (await listNodes(connection, clusterName)).filter(({ role }) => role !== 'witness');
  const observations = await surveyNodes(nodes, { signal });
  return observations.flatMap(({ node, answer }) =>
    answer.kind === 'answered' && !answer.status.isInRecovery
      ? [{ node, instance: answer.status.instance }]
      : [],
  );
}

function notRegistered(place: string, clusterName: string): Error {
  return failure('upstream_not_registered', {
    message: `the server to follow, ${place}, is no registered node of cluster "${clusterName}"`,
    detail: 'The connection string of no row in its metadata leads to it.',
    hint: 'Register it first, with "repmgr primary register" on it.',
  });
}

/** The primary, or the node that `--upstream-node-id` names. */
async function withUpstreamNode(
  { primary, otherPrimaries }: FoundPrimary,
  { node: own, upstreamNodeId }: FollowWish,
  { signal }: SearchContext,
): Promise<FoundUpstream> {
  try {
    const nodes = await listNodes(primary.connection, own.clusterName);
    const found = { nodes, primary, otherPrimaries };
    if (upstreamNodeId === undefined || upstreamNodeId === primary.node.id) return { ...found, ...primary };
    const node = nodes.find(({ id }) => id === upstreamNodeId);
    if (node === undefined) {
      throw failure('upstream_not_registered', {
        message: `the upstream node, ID ${upstreamNodeId}, is not registered`,
        detail: `Registered are ${nodes.map(nodeLabel).join(', ')}.`,
        hint: 'Name one of these with --upstream-node-id.',
      });
    }
    return { ...found, node, connection: await connect(node.conninfo, { signal }) };
  } catch (error) {
    await primary.connection.close();
    throw error;
  }
}
