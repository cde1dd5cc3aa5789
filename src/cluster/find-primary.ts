/**
 * Finds the primary by asking every node, not by believing the metadata. All are asked at the same time; that one
 * has answered ends nothing, since a second primary somewhere is what must not be missed.
 */
import { failure, RepmgrError } from '../errors.ts';
import type { Logger } from '../log/logger.ts';
import { redactConninfo } from '../model/conninfo.ts';
import type { NodeRecord } from '../model/node.ts';
import { connectAllowanceMs } from '../postgres/connect-timeout.ts';
import { connect, type Connection } from '../postgres/connection.ts';
import { recoveryState } from '../postgres/queries/recovery-state.ts';
import { listNodes } from './metadata/nodes.ts';

export interface UnreachableNode {
  readonly node: NodeRecord;
  readonly reason: string;
}

export type FoundPrimary =
  /** The caller closes the connection. */
  | { readonly kind: 'found'; readonly node: NodeRecord; readonly connection: Connection }
  | { readonly kind: 'none'; readonly unreachable: readonly UnreachableNode[] }
  /** More than one server accepts writes; nothing may go on by itself from here. */
  | { readonly kind: 'several'; readonly nodes: readonly NodeRecord[] };

export interface FindPrimaryOptions {
  readonly log: Logger;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Asks all nodes but witnesses that `connection` has in its metadata. One server that two rows reach (a virtual
 * address, a conninfo that was copied) is one primary.
 * @throws RepmgrError of reading the metadata, or interrupted; a node that fails is no error
 */
export async function findPrimary(
  connection: Connection,
  clusterName: string,
  options: FindPrimaryOptions,
): Promise<FoundPrimary> {
  const nodes = (await listNodes(connection, clusterName)).filter(({ role }) => role !== 'witness');
  const answers = await Promise.all(nodes.map((node) => ask(node, options)));
  const writable = answers.filter((answer) => answer.kind === 'writable');
  const servers = new Map<string, (typeof writable)[number]>();
  // Active primaries last: of several rows that reach one server, the one that says so names it.
  const credible = writable.toSorted((a, b) => credibilityOf(a.node) - credibilityOf(b.node));
  for (const answer of credible) servers.set(answer.instance, answer);
  const [primary, ...further] = servers.values();
  const isSingle = primary !== undefined && further.length === 0;
  await Promise.all(
    writable.filter((answer) => !isSingle || answer !== primary).map((answer) => answer.connection.close()),
  );
  if (primary === undefined)
    return { kind: 'none', unreachable: answers.filter((a) => a.kind === 'unreachable') };
  if (!isSingle) return { kind: 'several', nodes: [primary, ...further].map(({ node }) => node) };
  return { kind: 'found', node: primary.node, connection: primary.connection };
}

/**
 * `findPrimary` for a command that cannot go on without one.
 * @throws RepmgrError primary_not_found or several_primaries
 */
export async function requirePrimary(
  connection: Connection,
  clusterName: string,
  options: FindPrimaryOptions,
): Promise<{ readonly node: NodeRecord; readonly connection: Connection }> {
  const found = await findPrimary(connection, clusterName, options);
  switch (found.kind) {
    case 'found':
      return found;
    case 'several':
      throw severalPrimaries(found.nodes);
    case 'none':
      throw failure('primary_not_found', {
        message: `no primary of cluster "${clusterName}" was found`,
        detail: describeUnreachable(found.unreachable),
        hint: 'Start the primary, or promote a standby with "repmgr standby promote"; "repmgr cluster show" shows all nodes.',
      });
  }
}

/** The error for more than one writable server. */
export function severalPrimaries(nodes: readonly NodeRecord[]): RepmgrError {
  const names = nodes.map(({ name, id }) => `"${name}" (ID: ${id})`);
  return failure('several_primaries', {
    message: 'more than one node accepts writes',
    detail: `These are primaries at this moment: ${names.join(', ')}.`,
    hint: 'Stop all but the right one; "repmgr cluster show" shows timelines and roles of all nodes.',
  });
}

/** Which nodes did not answer, as the DETAIL of an error. */
export function describeUnreachable(unreachable: readonly UnreachableNode[]): string {
  if (unreachable.length === 0) return 'Every node that is registered is in recovery, or none is registered.';
  const lines = unreachable.map(({ node, reason }) => `"${node.name}" (ID: ${node.id}): ${reason}`);
  return `These nodes did not answer: ${lines.join('; ')}.`;
}

type NodeAnswer =
  | {
      readonly kind: 'writable';
      readonly node: NodeRecord;
      readonly connection: Connection;
      readonly instance: string;
    }
  | { readonly kind: 'in_recovery'; readonly node: NodeRecord }
  | { readonly kind: 'unreachable'; readonly node: NodeRecord; readonly reason: string };

async function ask(node: NodeRecord, { log, signal }: FindPrimaryOptions): Promise<NodeAnswer> {
  let connection: Connection | undefined;
  try {
    if (node.conninfo === '') return { kind: 'unreachable', node, reason: 'it has no conninfo' };
    connection = await connect(node.conninfo, { signal });
    // The question gets as long as connecting had.
    const deadlineMs = connectAllowanceMs(connection.conninfo);
    const state = await recoveryState(connection, { deadlineMs, signal });
    if (state.isInRecovery) {
      await connection.close();
      return { kind: 'in_recovery', node };
    }
    return { kind: 'writable', node, connection, instance: state.instance };
  } catch (error) {
    await connection?.close();
    if (!(error instanceof RepmgrError) || error.code === 'interrupted') throw error;
    const reason = redactConninfo(error.detail ?? error.message).replace(/\.$/, '');
    log.info(`node "${node.name}" (ID: ${node.id}) does not answer`, {
      detail: error.detail ?? error.message,
    });
    return { kind: 'unreachable', node, reason };
  }
}

function credibilityOf(node: NodeRecord): number {
  return node.role === 'primary' ? (node.isActive ? 2 : 1) : 0;
}
