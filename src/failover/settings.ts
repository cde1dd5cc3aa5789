/** What the core knows of repmgr.conf and of the registered nodes. Durations in milliseconds, sizes in bytes. */
import type { NodeId } from '../model/node.ts';

export interface Settings {
  readonly self: NodeId;
  readonly failover: 'automatic' | 'manual';
  readonly priority: number;
  readonly heartbeatIntervalMs: number;
  readonly leaseMs: number;
  readonly fenceMarginMs: number;
  /** 0: never hold. */
  readonly commitHoldMs: number;
  readonly fenceMode: 'readonly' | 'stop';
  readonly hasGuard: boolean;
  readonly safeStart: boolean;
  readonly rejoin: 'manual' | 'follow' | 'automatic';
  readonly failoverQuorum: 'majority' | 'none';
  readonly shutdownGraceMs: number;
  readonly failoverMaxLagBytes: number;
  /** 0: no limit. */
  readonly failoverLimit: number;
  readonly failoverLimitMs: number;
  /** 0: never. */
  readonly voterRemovalMs: number;
  /** `reconnect_attempts x reconnect_interval`: how long a server may hang, start or recover. */
  readonly reconnectMs: number;
  /** The same where the file sets either of them, else 0: a lower bound for elections that can only be waited for. */
  readonly electionDelayMs: number;
  readonly promoteCheckTimeoutMs: number;
  /** 0: no WAL is fetched from other nodes. */
  readonly walTailTimeoutMs: number;
  /** K of `synchronous_quorum`; 0: off. */
  readonly synchronousQuorum: number;
  readonly synchronousQuorumFallback: boolean;
  /** Where the server's command line sets synchronous_standby_names, a hold would have no effect. */
  readonly canHold: boolean;
  readonly nodes: readonly RegisteredNode[];
}

/** A row of the metadata, this node's own included. */
export interface RegisteredNode {
  readonly id: NodeId;
  readonly name: string;
  readonly isWitness: boolean;
  readonly upstream: NodeId | null;
}

/** What the cluster's metadata says, as far as this node can read it. */
export interface RecordedMetadata {
  readonly nodes: readonly RegisteredNode[];
  /** The node whose row is that of the active primary. */
  readonly primary: NodeId | null;
  /**
   * Whether `repmgr_cluster` names a term: then term 1 was won long ago, whatever the state files say. Null: it could
   * not be read yet, or none was found where replay may not have reached the end of the WAL that is there.
   */
  readonly namesTerm: boolean | null;
}
