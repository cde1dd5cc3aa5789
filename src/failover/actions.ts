/**
 * What the core wants done. The driver takes the actions of all steps in one queue, in order. `persist` blocks what
 * stands behind it until the file is on disk; if it fails the queue is emptied, and each action in it that has an id
 * is answered by `actionFailed`. Other actions are begun in order, and their end is an event. `fence` waits for
 * nothing: it is begun at once, ahead of the whole queue. Once a `fence` or a `takeDown` has begun, no `promote` or
 * `restartInPlace` that was asked for before it may be called any more.
 */
import type { NodeId } from '../model/node.ts';
import type { TimelineId } from '../model/timeline.ts';
import type { Durable } from './durable.ts';
import type { MonotonicMs } from './instant.ts';
import type { Message } from './messages.ts';
import type { Position } from './position.ts';

export type Action =
  | { readonly kind: 'persist'; readonly durable: Durable }
  | { readonly kind: 'send'; readonly to: NodeId; readonly message: Message }
  /** One timer: the latest call counts. The driver then sends a tick. */
  | { readonly kind: 'setTimer'; readonly at: MonotonicMs }
  /** Take primary_conninfo out of the settings, end the WAL receiver, prove that none is there -> `frozen`. */
  | { readonly kind: 'freeze'; readonly id: number }
  | { readonly kind: 'unfreeze'; readonly id: number; readonly primaryConninfo: string }
  /** Ask these nodes' PostgreSQL over SQL -> `serversAnswered`, at the latest after `withinMs`. */
  | {
      readonly kind: 'askServers';
      readonly id: number;
      readonly nodes: readonly NodeId[];
      readonly withinMs: number;
    }
  /** Fetch WAL from the repmgrd of a node up to its position -> `walFetched`. */
  | { readonly kind: 'fetchWal'; readonly id: number; readonly from: NodeId; readonly position: Position }
  /** End sessions that block replay, write the names, promote, but never after `notAfter` -> `promoted`. */
  | {
      readonly kind: 'promote';
      readonly id: number;
      readonly term: number;
      readonly nextTimeline: TimelineId;
      /** Checked right before the call; by the clock that counts suspension too, for the same moment. */
      readonly notAfter: MonotonicMs;
      readonly notAfterBootTimeMs: number;
      /** In force before the promotion; null: leave them as the operator has them, without a name of a hold. */
      readonly synchronousStandbyNames: SynchronousNames | null;
    }
  | { readonly kind: 'follow'; readonly id: number; readonly node: NodeId }
  /** Keep the diverged WAL, rewind or clone, start, follow. Where it strayed a rewind sees no divergence: clone. */
  | { readonly kind: 'rejoin'; readonly id: number; readonly node: NodeId; readonly hasStrayed: boolean }
  /** Make commits wait -> `holdInForce`. */
  | { readonly kind: 'hold'; readonly id: number }
  | { readonly kind: 'release'; readonly id: number; readonly synchronousStandbyNames: string }
  /** Make PostgreSQL *down*: SIGQUIT, after 300 ms SIGKILL to all of it -> `down`. */
  | { readonly kind: 'fence'; readonly id: number }
  /** The same by SIGKILL for what a crash or a stall left, in its place in the queue -> `down`. */
  | { readonly kind: 'takeDown'; readonly id: number }
  /** CHECKPOINT, then a fast shutdown that lets the attached standbys have everything -> `down`. */
  | { readonly kind: 'shutDown'; readonly id: number }
  /** Start it read-only, without an upstream where it led last. */
  | { readonly kind: 'startAsStandby'; readonly id: number }
  /** Start, or restart, writable on the same timeline, but never after `notAfter`. */
  | {
      readonly kind: 'restartInPlace';
      readonly id: number;
      readonly notAfter: MonotonicMs;
      readonly notAfterBootTimeMs: number;
    }
  /** standby.signal into the primary's directory, restart_after_crash=off, primary_conninfo empty. */
  | { readonly kind: 'armSafeStart'; readonly id: number }
  | { readonly kind: 'disarmSafeStart'; readonly id: number; readonly restartAfterCrash: string }
  /** A small record of WAL under synchronous_commit=local -> `walWritten`. */
  | { readonly kind: 'writeWal'; readonly id: number }
  /**
   * Write the names and reload, and end the walsenders of `removed` -> `namesWritten`. Whether they are in force shows
   * in what is observed later.
   */
  | {
      readonly kind: 'setSynchronousNames';
      readonly id: number;
      readonly names: SynchronousNames;
      readonly removed: readonly NodeId[];
    }
  | { readonly kind: 'renewGuard'; readonly deadline: MonotonicMs }
  | { readonly kind: 'endGuard' }
  /** Itself primary, the old one inactive, upstreams; term and record too. Fire and forget. */
  | { readonly kind: 'writeMetadata'; readonly term: number }
  | {
      readonly kind: 'recordEvent';
      readonly event: string;
      readonly isSuccessful: boolean;
      readonly details: string;
    }
  | {
      readonly kind: 'answerOperator';
      readonly requestId: string;
      readonly isAccepted: boolean;
      readonly sentence: string;
    };

/**
 * `ANY required (names)`; nothing where `required` is 0. No names and `required` above 0: commits wait for a name that
 * nobody has, and that is not a hold's.
 */
export interface SynchronousNames {
  readonly names: readonly NodeId[];
  readonly required: number;
}
