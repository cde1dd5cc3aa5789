/**
 * What a repmgrd tells of itself and of the cluster, to whoever asks: HTTP pages, metrics and commands are made from
 * it. Plain data without secrets; conninfo strings come masked. Times are milliseconds.
 */
import type { Explanation } from '../failover/explanation.ts';
import type { Candidacy, Health } from '../failover/messages.ts';
import type { ServerCondition } from '../failover/server-observation.ts';
import type { NodeId } from '../model/node.ts';

export interface ApiView {
  readonly cluster: string;
  readonly systemIdentifier: string | null;
  readonly node: NodeId;
  readonly name: string;
  /** Of this program. */
  readonly version: string;
  readonly pid: number;
  readonly upForMs: number;
  readonly server: ServerView;
  readonly leadership: LeadershipView;
  readonly voters: readonly NodeId[];
  /** How many of them must agree for an election or a change. */
  readonly quorum: number;
  readonly pause: PauseView | null;
  /** Until the maintenance of this node ends by itself; null: there is none. */
  readonly maintenanceLeftMs: number | null;
  /** Which state of a change of the secret this repmgrd has heard of: see ClusterSecrets. */
  readonly secretVersion: number;
  /** What an operator should look at: sentences, the worst first; empty where all is well. */
  readonly sickSigns: readonly string[];
  readonly nodes: readonly NodeView[];
  readonly counters: CountersView;
}

/** The PostgreSQL of this node. */
export interface ServerView {
  readonly condition: ServerCondition | 'unknown';
  readonly isInRecovery: boolean | null;
  /** It is a standby, and its WAL receiver streams. */
  readonly isStreaming: boolean;
  /** It was fenced, and has not followed a leader since: it may show commits that nobody else has. */
  readonly isFenced: boolean;
  readonly upstream: NodeId | null;
  /** With `failover=manual`: the primary that it does not follow before an operator makes it; null: it need not wait. */
  readonly leftAloneBy: NodeId | null;
  readonly timelineId: number | null;
  /** The end of its WAL in bytes: flushed on a primary, received on a standby. */
  readonly endOfWal: number | null;
  readonly replayedLsn: number | null;
  /** The leader's last heard flushed LSN less `replayedLsn`, at least 0; null where either is not known. */
  readonly lagBytes: number | null;
}

export interface LeadershipView {
  readonly role: 'follower' | 'canvassing' | 'candidate' | 'leader' | 'retiring';
  /** Of a leader: see `Leader` of the core; null for the others. */
  readonly stage: 'promoting' | 'serving' | 'checking' | 'goingDown' | 'restarting' | null;
  readonly term: number;
  /** Who leads that term as far as this node knows. */
  readonly leader: NodeId | null;
  /** Of a leader: whether so many voters answer that it may go on; null for the others. */
  readonly isInContact: boolean | null;
  /** Of a leader: how long its contact lasts if nothing more is heard. Of a voter: of the lease that it granted. */
  readonly leaseLeftMs: number | null;
  /** Commits wait, because the leader has lost contact. */
  readonly isHolding: boolean;
  /** Since the newest heartbeat of the leader; null for the leader, and where none was heard. */
  readonly leaderSeenMs: number | null;
}

export interface PauseView {
  readonly reason: string;
  /** Until it ends by itself, as far as this node knows. */
  readonly leftMs: number;
  readonly leader: NodeId;
}

/** A recorded node, this one included. */
export interface NodeView {
  readonly id: NodeId;
  readonly name: string;
  readonly role: 'primary' | 'standby' | 'witness';
  readonly isActive: boolean;
  readonly isVoter: boolean;
  readonly upstream: NodeId | null;
  readonly priority: number;
  /** With passwords masked. */
  readonly conninfo: string;
  /** HOST:PORT of its repmgrd; null where it never told one. */
  readonly apiAddress: string | null;
  /** Since a message of its repmgrd came in; 0 for this node, null where none did. */
  readonly lastSeenMs: number | null;
  /** As it said last, with the two values below. */
  readonly health: Health | null;
  readonly candidacy: Candidacy['kind'] | null;
  readonly endOfWal: number | null;
}

/** All since repmgrd started; they only grow. */
export interface CountersView {
  readonly messagesSent: number;
  readonly messagesReceived: number;
  readonly electionsBegun: number;
  readonly promotions: number;
  readonly fences: number;
  readonly holds: number;
}

/** A decision of this node's core, for `repmgr explain`; the last 200 are kept. */
export interface DecisionView extends Explanation {
  /** By the wall clock. */
  readonly at: number;
  readonly node: NodeId;
  readonly term: number;
}
