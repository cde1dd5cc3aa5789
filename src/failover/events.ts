/**
 * What the core is told. Each event brings the time and a random number, since the core has neither of its own.
 * Events are handled one after the other, in the order in which they happened.
 */
import type { NodeId } from '../model/node.ts';
import type { Durable } from './durable.ts';
import type { Instant, MonotonicMs } from './instant.ts';
import type { Message } from './messages.ts';
import type { OperatorRequest } from './operator-request.ts';
import type { LsnBytes, TimelineMark } from './position.ts';
import type { PeerAnswer, ServerObservation } from './server-observation.ts';
import type { RecordedMetadata, Settings } from './settings.ts';

export interface Moment {
  readonly now: Instant;
  /** From 0 to below 1. */
  readonly random: number;
  /** Where time passed without an event (`timeWasLost`): until when the guard lets the server be, as at a start. */
  readonly guardedUntil?: MonotonicMs | null;
}

export type Event = Moment &
  (
    | Started
    | { readonly kind: 'tick' }
    | { readonly kind: 'messageReceived'; readonly from: NodeId; readonly message: Message }
    /** After each change, and at least every heartbeat interval. */
    | { readonly kind: 'serverObserved'; readonly server: ServerObservation }
    | { readonly kind: 'metadataRead'; readonly metadata: RecordedMetadata }
    | { readonly kind: 'settingsChanged'; readonly settings: Settings }
    | { readonly kind: 'operatorRequested'; readonly requestId: string; readonly request: OperatorRequest }
    | { readonly kind: 'actionFinished'; readonly id: number; readonly result: ActionResult }
    /** `id` of the action; a failed `persist` has the id 0. Actions that were dropped behind it fail as well. */
    | {
        readonly kind: 'actionFailed';
        readonly id: number;
        readonly reason: string;
        /** False: its deadline had passed, or what stood before it failed, so nothing was done at all. */
        readonly wasBegun: boolean;
      }
  );

/** The first event of a repmgrd's life. */
export interface Started {
  readonly kind: 'started';
  /** Null: there is no state file, or it cannot be read. */
  readonly durable: Durable | null;
  /** Another one than the stored: the machine booted since. */
  readonly bootId: string;
  /** Unlike that of any earlier start of this node's repmgrd. */
  readonly incarnation: string;
  /** Until when a guard that lives would let the server be: the later of its deadline and its last yes and the contact that gave. */
  readonly guardContactUntil: MonotonicMs | null;
  readonly settings: Settings;
  readonly metadata: RecordedMetadata;
}

export type ActionResult =
  /** For actions whose end says all: unfreeze, follow, rejoin, start, release, arm and disarm ... */
  | { readonly kind: 'done' }
  /** No WAL receiver, none can come back, and this is where the WAL ends now. */
  | {
      readonly kind: 'frozen';
      readonly timeline: readonly TimelineMark[] | null;
      readonly endOfWal: LsnBytes | null;
      readonly endIsExact: boolean;
    }
  | { readonly kind: 'serversAnswered'; readonly answers: readonly (readonly [NodeId, PeerAnswer])[] }
  /** The same as of a freeze, after the fetched WAL lies in pg_wal. */
  | {
      readonly kind: 'walFetched';
      readonly timeline: readonly TimelineMark[] | null;
      readonly endOfWal: LsnBytes | null;
      readonly endIsExact: boolean;
    }
  /** The server accepts writes. */
  | {
      readonly kind: 'promoted';
      readonly timeline: readonly TimelineMark[];
      readonly flushedLsn: LsnBytes;
    }
  /** Nothing of the postmaster is left, and standby.signal is in place. */
  | {
      readonly kind: 'down';
      readonly timeline: readonly TimelineMark[] | null;
      readonly endOfWal: LsnBytes | null;
    }
  /** The WAL message is flushed up to this LSN. */
  | { readonly kind: 'walWritten'; readonly flushedLsn: LsnBytes }
  /** This is what observations after the reload show. */
  | { readonly kind: 'namesWritten'; readonly synchronousStandbyNames: string }
  /** A probe commit was seen waiting. */
  | { readonly kind: 'holdInForce' };
