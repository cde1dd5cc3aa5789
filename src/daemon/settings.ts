/** What the core knows of repmgr.conf and of the registered nodes. Pure. */
import type { Config } from '../config/resolve.ts';
import type { RegisteredNode, Settings } from '../failover/settings.ts';
import type { NodeId, NodeRecord } from '../model/node.ts';

/** What the configuration alone does not tell. */
export interface Circumstances {
  readonly self: NodeId;
  readonly nodes: readonly NodeRecord[];
  /** bash and psql are there for the guard. */
  readonly canGuard: boolean;
  /** The server is of a version that has standby.signal. */
  readonly hasStandbySignal: boolean;
  /** Its command line does not set synchronous_standby_names. */
  readonly canHold: boolean;
  /** The file sets reconnect_attempts or reconnect_interval. */
  readonly namesReconnect: boolean;
}

export function coreSettings(config: Config, circumstances: Circumstances): Settings {
  const { self, nodes, canGuard, hasStandbySignal, canHold, namesReconnect } = circumstances;
  const reconnectMs = config.reconnectAttempts * config.reconnectIntervalMs;
  return {
    self,
    failover: config.failover,
    priority: Math.max(0, config.priority),
    heartbeatIntervalMs: config.heartbeatIntervalMs,
    leaseMs: config.primaryLeaseMs,
    fenceMarginMs: config.fenceMarginMs,
    commitHoldMs: config.commitHoldMs,
    fenceMode: config.fenceMode,
    hasGuard: wantsGuard(config) && canGuard,
    safeStart: config.safeStart && hasStandbySignal,
    rejoin: config.rejoin,
    failoverQuorum: config.failoverQuorum,
    shutdownGraceMs: config.shutdownGraceMs,
    failoverMaxLagBytes: config.failoverMaxLagBytes,
    failoverLimit: config.failoverLimitPeriodMs === 0 ? 0 : config.failoverLimit,
    failoverLimitMs: config.failoverLimitPeriodMs,
    voterRemovalMs: config.voterRemovalMs,
    reconnectMs,
    electionDelayMs: namesReconnect ? reconnectMs : 0,
    promoteCheckTimeoutMs: config.promoteCheckTimeoutMs,
    walTailTimeoutMs: config.walTailMaxBytes === 0 ? 0 : config.walTailTimeoutMs,
    synchronousQuorum: config.synchronousQuorum,
    synchronousQuorumFallback: config.synchronousQuorumFallback,
    canHold,
    nodes: nodes.map(registeredNode),
  };
}

export function wantsGuard({ fenceGuard, failover }: Config): boolean {
  return fenceGuard === 'on' || (fenceGuard === 'auto' && failover === 'automatic');
}

export function registeredNode({ id, name, role, upstreamNodeId }: NodeRecord): RegisteredNode {
  return { id, name, isWitness: role === 'witness', upstream: upstreamNodeId ?? null };
}
