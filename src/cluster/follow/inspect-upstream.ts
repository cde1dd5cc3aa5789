/** Looks at the server to follow, through the very connection that the WAL receiver will use. */
import { failure, RepmgrError } from '../../errors.ts';
import { type Conninfo, mergeConninfo } from '../../model/conninfo.ts';
import type { NodeId, NodeRecord } from '../../model/node.ts';
import type { TimelineHistory, TimelineId } from '../../model/timeline.ts';
import { sqlStateOf } from '../../postgres/connection.ts';
import { recoveryState } from '../../postgres/queries/recovery-state.ts';
import { readSettings, type ReplicationSender, replicationSenders } from '../../postgres/queries/server.ts';
import {
  openReplicationConnection,
  type ReplicationConnection,
  type SystemIdentity,
} from '../../postgres/replication-connection.ts';
import { listSlots, type ReplicationSlot } from '../../postgres/replication-slots.ts';
import type { ServerVersion } from '../../postgres/version.ts';
import { nodeLabel } from '../register/record.ts';
import type { FoundUpstream } from './find-upstream.ts';

export interface UpstreamFacts {
  readonly node: NodeRecord;
  readonly nodes: readonly NodeRecord[];
  readonly primaryId: NodeId;
  readonly otherPrimaries: readonly NodeRecord[];
  readonly version: ServerVersion;
  readonly host: string;
  readonly port: number;
  readonly instance: string;
  readonly isInRecovery: boolean;
  readonly identity: SystemIdentity;
  readonly history: TimelineHistory;
  /** Of the local server's timeline, where the upstream knows it. */
  readonly historyOfLocalTimeline: TimelineHistory | undefined;
  /** Undefined before PostgreSQL 9.4. */
  readonly slots: readonly ReplicationSlot[] | undefined;
  readonly maxReplicationSlots: number;
  /** Who streams from it now. */
  readonly followers: readonly ReplicationSender[];
}

/**
 * @param conninfo as primary_conninfo will have it
 * @param localTimeline of the local server's WAL
 * @throws RepmgrError replication_refused, interrupted, or of the queries
 */
export async function inspectUpstream(
  found: FoundUpstream,
  conninfo: Conninfo,
  localTimeline: TimelineId | undefined,
  signal: AbortSignal,
): Promise<UpstreamFacts> {
  const { connection } = found;
  const { isInRecovery, instance } = await recoveryState(connection, { signal });
  const settings = await readSettings(connection, ['max_replication_slots']);
  const replication = await openForReplication(found.node, conninfo, signal);
  try {
    const identity = await replication.identifySystem();
    return {
      node: found.node,
      nodes: found.nodes,
      primaryId: found.primary.node.id,
      otherPrimaries: found.otherPrimaries,
      version: connection.version,
      host: connection.host,
      port: connection.port,
      instance,
      isInRecovery,
      identity,
      history: await replication.timelineHistory(identity.timelineId),
      historyOfLocalTimeline:
        localTimeline === undefined ? undefined : await historyIfKnown(replication, localTimeline),
      slots: connection.version.capabilities.hasReplicationSlots ? await listSlots(connection) : undefined,
      maxReplicationSlots: Number(settings['max_replication_slots'] ?? 0),
      followers: await replicationSenders(connection),
    };
  } finally {
    await replication.close();
  }
}

async function openForReplication(
  node: NodeRecord,
  conninfo: Conninfo,
  signal: AbortSignal,
): Promise<ReplicationConnection> {
  try {
    // Not under the standby's own name: nobody shall take this connection for the standby.
    const named = mergeConninfo(conninfo, { application_name: 'repmgr' });
    return await openReplicationConnection(named, { signal });
  } catch (error) {
    if (!(error instanceof RepmgrError) || error.code === 'interrupted') throw error;
    throw failure('replication_refused', {
      message: `node ${nodeLabel(node)} does not let this node replicate from it`,
      detail: [error.message, error.detail].filter(Boolean).join(': '),
      hint: error.hint,
      cause: error,
    });
  }
}

/** SQLSTATE 58P01: the server has no such file. */
async function historyIfKnown(
  replication: ReplicationConnection,
  timelineId: TimelineId,
): Promise<TimelineHistory | undefined> {
  try {
    return await replication.timelineHistory(timelineId);
  } catch (error) {
    if (sqlStateOf(error) === '58P01') return undefined;
    throw error;
  }
}
