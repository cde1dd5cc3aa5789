/** What a leader remembers while it leads: contact, marks of WAL, requests, a pause. */
import type { NodeId } from '../model/node.ts';
import type { MonotonicMs } from './instant.ts';
import type { OperatorRequest } from './operator-request.ts';
import type { LsnBytes, Position } from './position.ts';
import type { Term } from './term.ts';
import type { RecordVersion, SynchronousQuorum, VoterRecord } from './voter-record.ts';
import type { Vote } from './vote-given.ts';

export interface Leader {
  readonly kind: 'leader';
  readonly term: Term;
  /** The first term that it has led without a break: acknowledgements of older ones say nothing. */
  readonly firstTerm: Term;
  /**
   * `promoting`: its server is not writable yet; `serving`: it is; `checking`: repmgrd or the server came back, and it
   * judges whether it may go on; `goingDown`: what a crash left is ended; `restarting`: it is brought back in place.
   */
  readonly stage: 'promoting' | 'serving' | 'checking' | 'goingDown' | 'restarting';
  /** Of this stage; in the future: nothing is done about a server that is down before. */
  readonly since: MonotonicMs;
  readonly contacts: readonly Contact[];
  /** What was sent before says nothing: time was lost that its clock does not count. */
  readonly timeLostAt: MonotonicMs;
  readonly lastHeartbeatAt: MonotonicMs;
  readonly isHolding: boolean;
  readonly names: ToldNames;
  /** Since when synchronous standbys of the record are not attached. */
  readonly absences: readonly (readonly [NodeId, MonotonicMs])[];
  /** WAL written to be acknowledged, oldest first. */
  readonly walMarks: readonly WalMark[];
  readonly lastWalAt: MonotonicMs;
  /** After a late tick: heartbeats first, a hold one interval later. */
  readonly holdNotBefore: MonotonicMs;
  /** Who answered since this repmgrd started that it leads nothing (rule 9). */
  readonly leadNothing: readonly NodeId[];
  readonly checkedServers: boolean;
  /** The boot in which it led, by its state file; another one than this means that the machine was away. */
  readonly bootIdAtStart: string;
  /** What the guard of the repmgrd before this one told of contact. */
  readonly guardContactUntil: MonotonicMs | null;
  /** The deadline that this node's guard was given last. */
  readonly guardDeadline: MonotonicMs | null;
  /** The postmaster that was asked to promote; with another one the call is gone. */
  readonly promotedPostmaster: string | null;
  /** How far its server had replayed when that was seen to move last, and when; for a promotion that is late. */
  readonly replay: { readonly lsn: LsnBytes | null; readonly movedAt: MonotonicMs };
  /** Since when its server has been down, cleanly shut down. */
  readonly downSince: MonotonicMs | null;
  readonly confirmation: Confirmation | null;
  /** Operators' requests that change the record, oldest first. */
  readonly requests: readonly PendingRequest[];
  /** Nodes that asked to join, and have not been taken in yet. */
  readonly joiners: readonly Joiner[];
  /** The request that the present record came with, until it is in force. */
  readonly openRequest: PendingRequest | null;
  /** The present record has another K than the one before, which is told when it is in force. */
  readonly isQuorumOpen: boolean;
  /** The set of a pending change that a leader before began: it may be in force, so its quorum must agree as well. */
  readonly inheritedVoters: readonly NodeId[] | null;
  /** When the present version of the record was first sent. */
  readonly recordSentAt: MonotonicMs;
  /** Since when its pause is in force: it neither holds nor fences. */
  readonly isPaused: boolean;
  /** After a clock jump or a restart of repmgrd: at `at` it is judged by what was sent since `from` alone. */
  readonly judgement: { readonly from: MonotonicMs; readonly at: MonotonicMs } | null;
}

export interface PendingRequest {
  readonly requestId: string;
  /** Whose repmgrd was asked. */
  readonly from: NodeId;
  readonly request: OperatorRequest;
}

export interface Joiner {
  readonly node: NodeId;
  readonly incarnation: string;
  readonly hasLostState: boolean;
  readonly heardAt: MonotonicMs;
}

/** What this leader told its PostgreSQL in synchronous_standby_names. */
export interface ToldNames {
  /** Null: not known; repmgrd or the server has started since. */
  readonly told: SynchronousQuorum | null;
  readonly toldAt: MonotonicMs;
  /** How it shows once it was written; null: that is not known yet. */
  readonly text: string | null;
  /** Where WAL ended when every walsender was seen to go by it; null: not yet. */
  readonly inForceAt: LsnBytes | null;
}

export function unknownNames(now: MonotonicMs): ToldNames {
  return { told: null, toldAt: now, text: null, inForceAt: null };
}

/** A voter as the leader sees it. */
export interface Contact {
  readonly node: NodeId;
  /** When the newest message that it acknowledged was sent. */
  readonly sentAt: MonotonicMs | null;
  /** When the newest WAL that it acknowledged was written for this purpose. */
  readonly walWrittenAt: MonotonicMs | null;
  readonly heardAt: MonotonicMs | null;
  readonly storedRecord: RecordVersion | null;
  readonly position: Position | null;
  readonly isCandidate: boolean;
}

export interface WalMark {
  readonly lsn: LsnBytes;
  readonly writtenAt: MonotonicMs;
}

/** The leader asks to lead a higher term under the same lease. */
export interface Confirmation {
  readonly term: Term;
  readonly begunAt: MonotonicMs;
  readonly votes: readonly Vote[];
}

/** A leader that has just begun: nothing was said, asked or held yet. Its stage and its contact are its maker's. */
export function newLeader(
  term: Term,
  now: MonotonicMs,
  record: VoterRecord | null,
): Omit<Leader, 'stage' | 'since' | 'isPaused' | 'bootIdAtStart'> {
  return {
    kind: 'leader',
    term,
    firstTerm: term,
    contacts: [],
    timeLostAt: 0 as MonotonicMs,
    lastHeartbeatAt: 0 as MonotonicMs,
    isHolding: false,
    names: unknownNames(now),
    absences: [],
    walMarks: [],
    lastWalAt: now,
    requests: [],
    joiners: [],
    openRequest: null,
    isQuorumOpen: false,
    inheritedVoters: record === null || record.replacedVoters === null ? null : record.voters,
    recordSentAt: now,
    holdNotBefore: now,
    leadNothing: [],
    checkedServers: false,
    guardContactUntil: null,
    guardDeadline: null,
    downSince: null,
    replay: { lsn: null, movedAt: now },
    promotedPostmaster: null,
    confirmation: null,
    judgement: null,
  };
}
