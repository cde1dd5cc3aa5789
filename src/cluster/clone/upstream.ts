/** The server that the new standby will stream from: the node that was asked for, the primary, or the source itself. */
import { RepmgrError } from '../../errors.ts';
import type { Conninfo } from '../../model/conninfo.ts';
import type { NodeId, NodeRecord } from '../../model/node.ts';
import { connect } from '../../postgres/connection.ts';
import { readConninfo, resolveConninfo } from '../../postgres/conninfo-defaults.ts';
import { recoveryState } from '../../postgres/queries/recovery-state.ts';
import { readSettings, systemIdentifier } from '../../postgres/queries/server.ts';
import type { ReplicationSlot } from '../../postgres/replication-slots.ts';
import type { MetadataFacts } from './metadata.ts';
import { inspectSlots, type SourceFacts } from './source.ts';
import type { CloneWish } from './wish.ts';

export type UpstreamFacts =
  /** No metadata name one: what is copied is what is streamed from. */
  | { readonly kind: 'source' }
  | {
      readonly kind: 'node';
      readonly node: NodeRecord;
      readonly conninfo: Conninfo;
      readonly server: UpstreamServer;
    }
  | { readonly kind: 'not registered'; readonly id: NodeId }
  /** Nobody said which, and no primary answers. */
  | { readonly kind: 'unknown'; readonly reasons: readonly string[] };

export type UpstreamServer =
  /** The copied server and the upstream are one. */
  | { readonly kind: 'source' }
  | { readonly kind: 'unreachable'; readonly reason: RepmgrError }
  | {
      readonly kind: 'other';
      /** Undefined before PostgreSQL 9.6. */
      readonly systemIdentifier: string | undefined;
      readonly major: string;
      /** Undefined before PostgreSQL 9.4. */
      readonly slots: readonly ReplicationSlot[] | undefined;
      readonly maxReplicationSlots: number;
    };

/** @throws RepmgrError interrupted, or conninfo_invalid for a row that holds nonsense */
export async function inspectUpstream(
  metadata: MetadataFacts,
  source: SourceFacts,
  wish: CloneWish,
  signal: AbortSignal,
): Promise<UpstreamFacts> {
  const id = wish.upstreamNodeId;
  if (metadata.kind !== 'found') {
    return id === undefined ? { kind: 'source' } : { kind: 'not registered', id };
  }
  const { nodes, primary } = metadata;
  if (id === undefined && primary.kind === 'unreachable') {
    return { kind: 'unknown', reasons: primary.reasons };
  }
  const ofPrimary = primary.kind === 'found' ? primary.node : undefined;
  const node = id === undefined ? ofPrimary : nodes.find((candidate) => candidate.id === id);
  if (node === undefined) return id === undefined ? { kind: 'source' } : { kind: 'not registered', id };
  const conninfo = await conninfoOf(node);
  const isSource = primary.kind === 'found' && primary.isSource && primary.node?.id === node.id;
  const server: UpstreamServer = isSource
    ? { kind: 'source' }
    : await inspectServer(conninfo, source, wish, signal);
  return { kind: 'node', node, conninfo, server };
}

/** A service file of this host need not exist for the WAL receiver: what it says is written out. */
async function conninfoOf(node: NodeRecord): Promise<Conninfo> {
  const conninfo = readConninfo(node.conninfo);
  return conninfo['service'] === undefined ? conninfo : resolveConninfo(conninfo, {});
}

async function inspectServer(
  conninfo: Conninfo,
  source: SourceFacts,
  wish: CloneWish,
  signal: AbortSignal,
): Promise<UpstreamServer> {
  try {
    const connection = await connect(conninfo, { signal });
    try {
      const { instance } = await recoveryState(connection, { signal });
      if (instance === source.instance) return { kind: 'source' };
      const settings = await readSettings(connection, ['max_replication_slots']);
      return {
        kind: 'other',
        systemIdentifier: await systemIdentifier(connection),
        major: connection.version.major,
        slots: await inspectSlots(connection, wish, signal),
        maxReplicationSlots: Number(settings['max_replication_slots'] ?? 0),
      };
    } finally {
      await connection.close();
    }
  } catch (error) {
    if (!(error instanceof RepmgrError) || error.code === 'interrupted') throw error;
    return { kind: 'unreachable', reason: error };
  }
}
