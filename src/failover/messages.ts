/**
 * What repmgrds say to each other. Each message goes one way; an answer is a message too. Any may be lost, doubled,
 * late or out of order. The driver adds and checks protocol version, cluster, system identifier and signature.
 */
import type { NodeId } from '../model/node.ts';
import type { MonotonicMs } from './instant.ts';
import type { OperatorRequest } from './operator-request.ts';
import type { Line, OpenTerm } from './durable.ts';
import type { Position } from './position.ts';
import type { Term } from './term.ts';
import type { RecordVersion, VoterRecord } from './voter-record.ts';

export type Message =
  | Heartbeat
  | HeartbeatAcknowledged
  | HeartbeatRefused
  | StatusRequest
  | StatusAnswer
  | VoteRequest
  | VoteAnswer
  | Yield
  | YieldAcknowledged
  | TermGivenUp
  | JoinRequest
  | ForwardedRequest
  | RequestAnswer;

/** When the sender sent what is answered, by its own clock; `incarnation` tells its starts apart. Echoed unread. */
export interface SendingMark {
  readonly incarnation: string;
  readonly sentAt: MonotonicMs;
}

export interface Heartbeat {
  readonly kind: 'heartbeat';
  readonly term: Term;
  readonly mark: SendingMark;
  readonly leaseMs: number;
  readonly record: VoterRecord;
  /** Of the primary's server, or of the winner before it promotes. */
  readonly position: Position | null;
  /** False until the promotion, and while PostgreSQL restarts. */
  readonly isWritable: boolean;
  readonly failoverIsManual: boolean;
}

export interface HeartbeatAcknowledged {
  readonly kind: 'heartbeatAcknowledged';
  readonly term: Term;
  readonly mark: SendingMark;
  readonly position: Position | null;
  readonly health: Health;
  readonly candidacy: Candidacy;
  readonly storedRecord: RecordVersion;
  /** The highest term that the voter knows of: higher than `term` where a candidate gave up or is still asking. */
  readonly highestTerm: Term;
}

/** The voter knows a higher term, or a newer record without this leader, or lost its state. */
export interface HeartbeatRefused {
  readonly kind: 'heartbeatRefused';
  readonly term: Term;
  readonly mark: SendingMark;
  readonly highestTerm: Term;
  /** Who leads a higher term as far as the voter knows, and whether as a writable primary. */
  readonly leader: NodeId | null;
  readonly leaderIsWritable: boolean;
  readonly record: VoterRecord | null;
  readonly reason: 'higherTerm' | 'yielded' | 'notAMember' | 'noState';
}

export type Health = 'up' | 'starting' | 'down' | 'witness';

/** Whether a node may stand for election, by its own word (rule 2). */
export type Candidacy =
  | { readonly kind: 'candidate'; readonly priority: number }
  /** Only if no other would be granted: cascaded, delayed, not up, promotion failed, yielder. */
  | { readonly kind: 'lastResort'; readonly priority: number; readonly reason: string }
  | { readonly kind: 'none'; readonly reason: string };

export interface StatusRequest {
  readonly kind: 'statusRequest';
  readonly round: number;
  readonly highestTerm: Term;
  readonly record: VoterRecord | null;
}

export interface StatusAnswer {
  readonly kind: 'statusAnswer';
  readonly round: number;
  readonly highestTerm: Term;
  /** Who leads `leaderTerm`, and whether the asked node holds a lease to it. */
  readonly leader: NodeId | null;
  readonly leaderTerm: Term;
  /** The last term that it led itself, where its WAL ends on the timeline that it led on; else 0. */
  readonly ledTerm: Term;
  readonly line: Line | null;
  /** Null: it would grant as far as it can tell without a freeze; else why not. */
  readonly refusal: Refusal | null;
  /** What is left of the lease that it granted, or of the time for which its WAL has to stand still. */
  readonly leaseLeftMs: number;
  readonly record: VoterRecord | null;
  readonly position: Position | null;
  readonly health: Health;
  readonly candidacy: Candidacy;
}

export interface VoteRequest {
  readonly kind: 'voteRequest';
  readonly term: Term;
  readonly mark: SendingMark;
  readonly purpose: 'bootstrap' | 'election' | 'confirmation' | 'writable';
  readonly leaseMs: number;
  readonly record: VoterRecord;
  readonly position: Position | null;
  /** The newest primary's timelines that the candidate knows of: the voter may not have heard of them. */
  readonly line: Line | null;
  /** For a confirmation: the term that the leader leads so far. */
  readonly leadsTerm: Term;
  readonly reigns: Reigns;
}

export interface VoteAnswer {
  readonly kind: 'voteAnswer';
  readonly term: Term;
  readonly mark: SendingMark;
  readonly outcome: VoteOutcome;
  readonly highestTerm: Term;
  readonly record: VoterRecord | null;
  readonly position: Position | null;
  readonly reigns: Reigns;
  /** The last term that the voter led itself, where its WAL ends on the timeline that it led on; else 0. */
  readonly ledTerm: Term;
}

/** Who led, or may have led with a writable server, as far as a voter knows. */
export interface Reigns {
  readonly last: { readonly term: Term; readonly node: NodeId | null };
  /** Terms above that it voted in and that may have had a leader. */
  readonly open: readonly OpenTerm[];
}

export type VoteOutcome =
  | { readonly kind: 'granted' }
  /** Binding: frozen, and the term stored. The candidate fetches and asks again in the same term. */
  | { readonly kind: 'behind' }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

export type Refusal =
  | 'leaseInForce'
  | 'termNotHigher'
  | 'votedForAnother'
  | 'olderRecord'
  | 'notAMember'
  | 'noState'
  | 'primaryAnswers'
  | 'walMoved'
  | 'noOlderLook'
  | 'paused'
  | 'diverged'
  | 'lowerBound'
  | 'walUnreadable'
  | 'candidateDiverged'
  | 'busy'
  | 'leadsItself'
  | 'notItsLeader'
  | 'termOneIsOver'
  | 'notTheRecordedPrimary';

export interface Yield {
  readonly kind: 'yield';
  readonly term: Term;
  /** The highest term that its leader had asked for by then. */
  readonly upToTerm: Term;
  readonly reason: 'crash' | 'stall' | 'shutdown' | 'fence' | 'promotionFailed' | 'handover';
  /** Whether a promotion had been called in this term. */
  readonly promotionCalled: boolean;
  readonly position: Position | null;
  /** Whom a handover is meant for: the others let it stand first. */
  readonly successor: NodeId | null;
}

export interface YieldAcknowledged {
  readonly kind: 'yieldAcknowledged';
  readonly term: Term;
}

/** A candidate gives its term up: stored, so it ends the leases of its votes. */
export interface TermGivenUp {
  readonly kind: 'termGivenUp';
  readonly term: Term;
}

export interface JoinRequest {
  readonly kind: 'joinRequest';
  /** Of its repmgrd's present life. */
  readonly incarnation: string;
  readonly hasLostState: boolean;
  readonly highestTerm: Term;
  readonly position: Position | null;
}

/** An operator asked a node that does not lead. */
export interface ForwardedRequest {
  readonly kind: 'forwardedRequest';
  readonly requestId: string;
  readonly request: OperatorRequest;
}

export interface RequestAnswer {
  readonly kind: 'requestAnswer';
  readonly requestId: string;
  readonly isAccepted: boolean;
  readonly sentence: string;
}
