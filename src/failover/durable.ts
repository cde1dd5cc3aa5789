/**
 * What must outlive a crash: the state file of a repmgrd. Small, versioned, plain JSON. It is stored as a whole by the
 * action `persist`, and handed back by the event `started`.
 */
import type { NodeId } from '../model/node.ts';
import type { LsnBytes, TimelinePath, TimelineStep } from './position.ts';
import type { Term } from './term.ts';
import type { VoterRecord } from './voter-record.ts';

export interface Durable {
  readonly format: 1;
  /** The highest term that this node acted on. */
  readonly term: Term;
  readonly vote: StoredVote | null;
  /** The newest leader whose heartbeat was adopted, and where its server stood. */
  readonly leader: KnownLeader | null;
  /** The timelines of the newest primary that this node heard of, from whomever: what left them has diverged. */
  readonly line: Line | null;
  /** The term that this node won and has not ended. */
  readonly leading: LeadingTerm | null;
  /** The last term that this node ended as a leader. */
  readonly yielded: OwnYield | null;
  /** Yields of others, the newest of each: a late heartbeat of a yielded term grants nothing. */
  readonly heardYields: readonly HeardYield[];
  /** The highest term that this node asked for and gave up. */
  readonly givenUp: Term;
  readonly record: VoterRecord | null;
  /** The length of the lease that was last granted. */
  readonly leaseMs: number;
  /** The timelines that this node knows the makers of. */
  readonly timelines: readonly TimelineStep[];
  /** The path of the timeline that this node led on last. */
  readonly ledOn: TimelinePath | null;
  /** Identifies the boot in which this was stored last. */
  readonly bootId: string;
  /** Set while this node's WAL receiver is kept away; the setting that it replaced. */
  readonly frozen: Freeze | null;
  /**
   * The operator's synchronous_standby_names as seen last on a primary: kept in advance, so that a hold waits for no
   * disk.
   */
  readonly operatorNames: string;
  /** The operator's restart_after_crash while safe start is on. */
  readonly replacedRestartAfterCrash: string | null;
  /** Until when an operator works on this node, by the wall clock: a reboot is part of such work. */
  readonly maintenanceEndsAtWallMs: number | null;
  /** When the pause that this node leads ends, by the clock that counts suspension too; of this boot. */
  readonly pauseEndsAtBootMs: number | null;
  /** The state file was lost: this node leads nothing and neither votes nor acknowledges until it has joined anew. */
  readonly hasLostState: boolean;
  /** Its server was writable on a timeline that is another's, so its WAL is not what its numbers say; until it is cloned. */
  readonly hasStrayed: boolean;
  /** A rejoin was begun and has not ended: its directory is no whole copy. */
  readonly isRejoining: boolean;
  /** Terms that it voted in and that may have had a leader, oldest first; none is older than the newest known leader. */
  readonly openTerms: readonly OpenTerm[];
  /** The data directory that its server had when it was seen last; null: never seen. */
  readonly directory: string | null;
  /** Its directory was replaced: its position says nothing before this LSN, which its leader tells, is flushed. */
  readonly replaced: { readonly untilLsn: LsnBytes | null } | null;
  /**
   * With `failover=manual`: whom its server streamed from last, or was made to follow by an operator; itself: nobody, it
   * was writable. Null: not known.
   */
  readonly attachedTo: NodeId | null;
  /** The leader that it follows only when an operator makes it: that was said. */
  readonly leftAloneBy: NodeId | null;
}

export interface OpenTerm {
  readonly term: Term;
  /** Null: several terms, which are not told apart any more. */
  readonly candidate: NodeId | null;
}

export interface Line {
  readonly term: Term;
  readonly path: TimelinePath;
}

export interface StoredVote {
  readonly term: Term;
  readonly candidate: NodeId;
  /** For a confirmation: the older term that its leader still leads, so that its heartbeats go on to be acknowledged. */
  readonly confirms: Term | null;
}

export interface KnownLeader {
  readonly term: Term;
  readonly node: NodeId;
  readonly path: TimelinePath | null;
  readonly flushedLsn: LsnBytes | null;
  readonly failoverIsManual: boolean;
  readonly isWritable: boolean;
}

export interface LeadingTerm {
  readonly term: Term;
  /** The highest term that this leader asked for; a yield ends its leases up to there. */
  readonly askedTerm: Term;
  readonly promotionCalled: boolean;
  /** Its server was seen writable in this term. */
  readonly isPromoted: boolean;
}

export interface OwnYield {
  readonly term: Term;
  readonly upToTerm: Term;
  readonly promotionCalled: boolean;
  readonly reason: 'crash' | 'stall' | 'shutdown' | 'fence' | 'promotionFailed' | 'handover';
  readonly successor: NodeId | null;
  /** Who has not confirmed to have heard of it. */
  readonly untold: readonly NodeId[];
}

export interface HeardYield {
  readonly node: NodeId;
  readonly term: Term;
  readonly upToTerm: Term;
  /** Its WAL lies still and can be fetched: while it answers, no quorum counts without its vote. */
  readonly hasTail: boolean;
}

export interface Freeze {
  readonly primaryConninfo: string;
  /** Who led when it was replaced: under another leader it is no use any more. */
  readonly leader: NodeId | null;
  /** The stored term that it binds to; null: no answer rests on it yet, the next acknowledged heartbeat ends it. */
  readonly boundTerm: Term | null;
}
