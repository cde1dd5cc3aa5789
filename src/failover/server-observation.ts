/** What a repmgrd sees of its own PostgreSQL, and of others' over SQL. */
import type { NodeId } from '../model/node.ts';
import type { LsnBytes, TimelineMark } from './position.ts';

/**
 * - `running`: accepts connections; `starting`: a postmaster lives and does not accept them yet (crash recovery too)
 * - `stalled`: a local flush has not ended for `write_stall_secs`
 * - `hanging`: new local connections are refused or hang for `reconnect_attempts x reconnect_interval`
 * - `shuttingDown`: asked to stop, checkpointer alive; `shutDown`: the control file says so, nothing runs
 * - `crashed`: no postmaster, and the control file says anything but "shut down"
 * - `none`: a witness without PostgreSQL
 */
export type ServerCondition =
  | 'running'
  | 'starting'
  | 'stalled'
  | 'hanging'
  | 'shuttingDown'
  | 'shutDown'
  | 'crashed'
  | 'none';

export interface ServerObservation {
  readonly condition: ServerCondition;
  /** Pid and start time of the postmaster, null where none lives. A new one of the same directory is a return. */
  readonly postmaster: string | null;
  /** By SQL, or what it was when it was last asked and the same postmaster still lives; null: not known. */
  readonly isInRecovery: boolean | null;
  /** The timeline at the end of WAL with its ancestors; null: cannot be read. */
  readonly timeline: readonly TimelineMark[] | null;
  /** The end of the WAL that lies fetched and synced in pg_wal: the greater of received and replayed; flushed on a primary. */
  readonly endOfWal: LsnBytes | null;
  /** Whether `endOfWal` is proven to be the end: replay reached it, or it was read there. */
  readonly endIsExact: boolean;
  /** On a standby: how far it has replayed. */
  readonly replayedLsn: LsnBytes | null;
  readonly isReplayPaused: boolean;
  readonly hasReplayDelay: boolean;
  /** What the WAL receiver streams from; null: there is no receiver, or it streams from a node that is not recorded. */
  readonly receiver: { readonly upstream: NodeId | null; readonly receivedLsn: LsnBytes } | null;
  /** Standbys that are attached to this server directly, one entry a walsender; looked at before `endOfWal`. */
  readonly attached: readonly AttachedStandby[];
  /** Current values, which a freeze, a hold or safe start replaces; opaque to the core. */
  readonly primaryConninfo: string;
  readonly synchronousStandbyNames: string;
  readonly restartAfterCrash: string;
  /** Tells the data directory from any that was at its place before, whatever its files say; undefined: cannot be read. */
  readonly directory?: string;
  /** An operator has just made this directory, by a clone: it is a whole copy of the cluster. */
  readonly isNewCopy?: boolean;
}

export interface AttachedStandby {
  readonly node: NodeId;
  readonly flushedLsn: LsnBytes;
  /** `sync_priority` of its walsender: 0 is not named. */
  readonly syncPriority: number;
}

/**
 * The answer of another node's PostgreSQL over SQL: `alive` is an error that a living server gives ("too many clients");
 * `silent`: refused, or no answer within the time that was given.
 */
export type PeerAnswer = 'writable' | 'inRecovery' | 'starting' | 'alive' | 'silent';
