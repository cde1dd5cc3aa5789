/** What the cluster's metadata say to a clone: the nodes, and the primary that keeps them. */
import { failure } from '../../errors.ts';
import type { Logger } from '../../log/logger.ts';
import type { Conninfo } from '../../model/conninfo.ts';
import type { NodeRecord } from '../../model/node.ts';
import type { Connection } from '../../postgres/connection.ts';
import { readConninfo } from '../../postgres/conninfo-defaults.ts';
import { recoveryState } from '../../postgres/queries/recovery-state.ts';
import { findPrimary, severalPrimaries } from '../find-primary.ts';
import { listNodes } from '../metadata/nodes.ts';
import { inspectSchema, refuseUnknownSchema } from '../metadata/schema.ts';
import type { SourceServer } from './source.ts';
import type { CloneWish } from './wish.ts';

export type MetadataFacts =
  /** Without repmgr.conf there is no cluster to ask for. */
  | { readonly kind: 'unwanted' }
  | { readonly kind: 'missing' }
  | { readonly kind: 'found'; readonly nodes: readonly NodeRecord[]; readonly primary: PrimaryFacts };

export type PrimaryFacts =
  /** `node` is undefined for a source that is a primary and has no row. */
  | {
      readonly kind: 'found';
      readonly node: NodeRecord | undefined;
      readonly conninfo: Conninfo;
      readonly isSource: boolean;
    }
  | { readonly kind: 'unreachable'; readonly reasons: readonly string[] };

/**
 * @param connection to the source, which has the metadata as every server of the cluster has
 * @throws RepmgrError schema_unknown, several_primaries, of querying, interrupted
 */
export async function inspectMetadata(
  connection: Connection,
  source: SourceServer,
  wish: CloneWish,
  options: { readonly log: Logger; readonly signal: AbortSignal },
): Promise<MetadataFacts> {
  if (wish.node === undefined) return { kind: 'unwanted' };
  const { clusterName } = wish.node;
  const schema = await inspectSchema(connection, clusterName, options);
  if (schema.kind === 'missing') return { kind: 'missing' };
  refuseUnknownSchema(schema, clusterName);
  const nodes = await listNodes(connection, clusterName, options);
  const found = await findPrimary(connection, clusterName, options);
  switch (found.kind) {
    case 'several':
      throw severalPrimaries(found.nodes);
    case 'none':
      return { kind: 'found', nodes, primary: primaryWithoutRow(source, wish, found.unreachable) };
    case 'found': {
      const { instance } = await recoveryState(found.connection, options);
      await found.connection.close();
      if (!source.isInRecovery && instance !== source.instance) {
        throw secondPrimary(source, found.node);
      }
      const conninfo = readConninfo(found.node.conninfo);
      const isSource = instance === source.instance;
      return { kind: 'found', nodes, primary: { kind: 'found', node: found.node, conninfo, isSource } };
    }
  }
}

function primaryWithoutRow(
  source: SourceServer,
  wish: CloneWish,
  unreachable: readonly { readonly node: NodeRecord; readonly reason: string }[],
): PrimaryFacts {
  if (!source.isInRecovery) return { kind: 'found', node: undefined, conninfo: wish.source, isSource: true };
  return { kind: 'unreachable', reasons: unreachable.map(({ node, reason }) => `"${node.name}": ${reason}`) };
}

function secondPrimary(source: SourceServer, registered: NodeRecord): Error {
  return failure('several_primaries', {
    message: 'the server to copy accepts writes, and so does the primary of the metadata',
    detail: `${source.host}:${source.port} is not node "${registered.name}" (ID: ${registered.id}), the primary that answers.`,
    hint: 'Copy the right one of the two, and stop the other; "repmgr cluster show" shows what each node is.',
  });
}
