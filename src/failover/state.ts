/**
 * All that the core remembers: plain data that can be written as JSON and read back. `durable` outlives a crash;
 * the rest is begun anew by each start of repmgrd.
 */
import type { NodeId } from '../model/node.ts';
import type { Durable } from './durable.ts';
import type { Instant, MonotonicMs } from './instant.ts';
import type { Leader } from './leader-state.ts';
import type { StatusAnswer, VoteAnswer, VoteRequest } from './messages.ts';
import type { LsnBytes, Position } from './position.ts';
import type { PeerAnswer, ServerObservation } from './server-observation.ts';
import type { RecordedMetadata, Settings } from './settings.ts';
import type { Term } from './term.ts';
import type { VoterRecord } from './voter-record.ts';
import type { Vote } from './vote-given.ts';

export interface State {
  readonly settings: Settings;
  readonly metadata: RecordedMetadata;
  readonly incarnation: string;
  /** When repmgrd started. */
  readonly lifeBegunAt: MonotonicMs;
  readonly bootId: string;
  readonly now: Instant;
  readonly durable: Durable;
  /** What the file holds as far as the driver said; another object than `durable` after a failed `persist`. */
  readonly isStored: boolean;
  readonly server: ServerObservation | null;
  /** The end of this node's WAL as `server` shows it, with the makers of its timelines. */
  readonly position: Position | null;
  /** A hold was begun, and its release has not ended. */
  readonly mayHold: boolean;
  /** Its server was ended by this repmgrd to run as a standby, and was not seen running since. */
  readonly wasEnded: boolean;
  /** What was released just now is still seen for a moment, and one that failed is tried again later. */
  readonly releaseNotBefore: MonotonicMs;
  readonly lease: Lease;
  readonly look: Look | null;
  readonly role: Role;
  readonly consideration: Consideration | null;
  readonly following: Following | null;
  /** Actions under way, by what they are for; an end with another id is stale and changes nothing. */
  readonly running: readonly RunningAction[];
  readonly nextActionId: number;
  readonly timerAt: MonotonicMs | null;
  readonly statusRound: number;
  readonly statusAskedAt: MonotonicMs;
  readonly highestTermHeard: Term;
  /** The greatest flushed LSN that the leader named; stored with whatever else is stored. */
  readonly leaderFlushedLsn: LsnBytes | null;
  /** When this node's own yield was repeated last. */
  readonly yieldSentAt: MonotonicMs;
  /** A server that this node ended is not started as a standby before. */
  readonly startNotBefore: MonotonicMs;
  /** No vote for a server that is writable already is asked for before. */
  readonly nextClaimAt: MonotonicMs;
  /** Since the last one that succeeded. */
  readonly failedPromotions: number;
  /** After such ones this node does not stand by itself before. */
  readonly standsNotBefore: MonotonicMs;
  /** When the newest heartbeat of the leader was adopted; null since the start of repmgrd. */
  readonly leaderHeardAt: MonotonicMs | null;
  /** Since when this node, as a voter, has known of the pause in its record. */
  readonly pauseKnownAt: MonotonicMs | null;
  /** Why the last pre-vote came to nothing, since when nothing else was said of it; empty: an election is possible. */
  readonly stayedOutBecause: string;
  /** Whose WAL could not be fetched, and when. */
  readonly unfetchable: readonly (readonly [NodeId, MonotonicMs])[];
  /** Who did not answer the last pre-vote, and was not heard since: the next one does not wait for them. */
  readonly silentVoters: readonly NodeId[];
  /** The last question over SQL to all other servers; null: none that may be used again. */
  readonly question: PrimaryQuestion | null;
  /** Since when each other server has answered that it is starting up, one after the other (rule 3). */
  readonly startingSince: readonly (readonly [NodeId, MonotonicMs])[];
  readonly catchUp: CatchUp | null;
  /** Since when it has streamed from nowhere, though another leads than the one it streamed from (`failover=manual`). */
  readonly leftAloneSince: MonotonicMs | null;
}

/** Whether a server answers as a writable primary. */
export interface PrimaryQuestion {
  readonly askedAt: MonotonicMs;
  /** Null: it is under way, or came to nothing. */
  readonly answers: readonly (readonly [NodeId, PeerAnswer])[] | null;
}

/** Its directory was replaced, it streams again, and asks its leader how far it must come. */
export interface CatchUp {
  readonly attachedAt: MonotonicMs;
  readonly round: number | null;
  readonly askedAt: MonotonicMs;
}

/** What this node granted to a leader or a candidate, as a voter. */
export type Lease =
  | {
      readonly kind: 'granted';
      readonly holder: NodeId | null;
      readonly term: Term;
      readonly endsAt: MonotonicMs;
    }
  /** Run out, or ended by a yield. */
  | { readonly kind: 'ended'; readonly by: 'time' | 'yield' | 'givenUp' | 'never' };

/** Since when the end of this node's WAL has been where it is. */
export interface Look {
  readonly lsn: LsnBytes;
  readonly since: MonotonicMs;
}

export interface RunningAction {
  readonly id: number;
  readonly purpose: ActionPurpose;
  readonly begunAt: MonotonicMs;
}

export type ActionPurpose =
  | 'freeze'
  | 'unfreeze'
  | 'askServers'
  | 'fetchWal'
  | 'promote'
  | 'follow'
  | 'rejoin'
  | 'hold'
  | 'release'
  | 'fence'
  | 'takeDown'
  | 'shutDown'
  | 'startAsStandby'
  | 'restartInPlace'
  | 'armSafeStart'
  | 'disarmSafeStart'
  | 'writeWal'
  | 'setSynchronousNames';

/** WAL that a node has and a candidate lacks. */
export interface Ahead {
  readonly node: NodeId;
  readonly position: Position;
}

export type Role = Follower | Canvassing | Candidate | Leader | Retiring;

/** Whoever leads nothing and wants nothing just now; also a repmgrd whose server is writable without a term. */
export interface Follower {
  readonly kind: 'follower';
  /** No election is begun before: the back-off of rule 2. */
  readonly electionNotBefore: MonotonicMs;
  /** It let the better ones go first, and they did not. */
  readonly hasWaited: boolean;
  /** Since when the server has been seen writable though this node leads nothing; null: it is not. */
  readonly unarmedSince: MonotonicMs | null;
}

/** The pre-vote: polls what the voters would answer. */
export interface Canvassing {
  readonly kind: 'canvassing';
  readonly round: number;
  readonly begunAt: MonotonicMs;
  readonly lastAskedAt: MonotonicMs;
  readonly isByOperator: boolean;
  readonly hasWaited: boolean;
  readonly answers: readonly (readonly [NodeId, StatusAnswer])[];
  /** When the first of them came. */
  readonly heardAt: MonotonicMs | null;
}

export interface Candidate {
  readonly kind: 'candidate';
  readonly purpose: VoteRequest['purpose'];
  readonly term: Term;
  readonly record: VoterRecord;
  readonly begunAt: MonotonicMs;
  readonly isByOperator: boolean;
  /** An operator takes it on him that there is no quorum. */
  readonly isForced: boolean;
  /** Who answered the pre-vote: nobody else is waited for once they all have refused; null: there was none. */
  readonly answered: readonly NodeId[] | null;
  /** Who answers and has WAL that this node lacks: their votes are waited for, so that it is fetched first. */
  readonly awaited: readonly NodeId[];
  /** What who yielded has beyond this node's WAL: it is down, so that this is fetched before anybody is asked. */
  readonly tail: Ahead | null;
  /** `preparing`: its own freeze and question; `asking`: its own vote is stored. */
  readonly stage: 'preparing' | 'asking';
  readonly frozenAt: Position | null;
  readonly answers: readonly (readonly [NodeId, PeerAnswer])[] | null;
  readonly votes: readonly Vote[];
  readonly refusals: readonly (readonly [NodeId, VoteAnswer])[];
  /** The last answers of this term that bind who gave them: votes, and "behind". */
  readonly bound: readonly (readonly [NodeId, VoteAnswer])[];
  readonly fetchesFrom: NodeId | null;
  readonly lastAskedAt: MonotonicMs;
  readonly unarmedSince: MonotonicMs | null;
}

/** A server on its way down: fenced, or for a yield. Until it is down nobody gets a vote. */
export interface Retiring {
  readonly kind: 'retiring';
  /** The term that it led; null: its server was writable without one. */
  readonly term: Term | null;
  /** Whom a handover is meant for. */
  readonly successor: NodeId | null;
  readonly reason: 'crash' | 'stall' | 'shutdown' | 'fence' | 'promotionFailed' | 'handover';
  readonly since: MonotonicMs;
}

/** A vote request that waits for the freeze and for the servers' answers. */
export interface Consideration {
  readonly candidate: NodeId;
  readonly request: VoteRequest;
  readonly begunAt: MonotonicMs;
  readonly frozenAt: Position | null;
  readonly answers: readonly (readonly [NodeId, PeerAnswer])[] | null;
}

/** Whom this node's server was told to follow, in which term. */
export interface Following {
  readonly node: NodeId;
  readonly term: Term;
  readonly isDone: boolean;
  /** False: its WAL diverged, so that it was not told, or rejoins. */
  readonly isOnLine: boolean;
  readonly since: MonotonicMs;
}
