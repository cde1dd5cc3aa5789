/** What outlives the processes of a PostgreSQL server: WAL, control file, settings files. */
import { holdName } from '../../../src/failover/hold.ts';
import type { Branch, WalPosition } from '../world/wal.ts';

export type ControlState =
  | 'in production'
  | 'shut down'
  | 'shut down in recovery'
  | 'shutting down'
  | 'in archive recovery'
  | 'in crash recovery';

/** How the servers of the simulation write `synchronous_standby_names`. */
export interface SynchronousNames {
  readonly required: number;
  readonly nodes: readonly number[];
}

export const nobodyHasThisName = holdName;

/** @returns undefined where nobody is waited for */
export function parseSynchronousNames(text: string): SynchronousNames | undefined {
  if (text === '') return undefined;
  const match = /^ANY (\d+) \((.*)\)$/.exec(text);
  if (match === null) return { required: 1, nodes: [] };
  return { required: Number(match[1]), nodes: (match[2] ?? '').split(',').filter(Boolean).map(Number) };
}

export class DataDirectory {
  branch: Branch;
  /** Written to the files of pg_wal: survives the processes, not the host. */
  writtenLsn: number;
  /** Synced: survives the host too. */
  flushedLsn: number;
  control: ControlState;
  standbySignal = false;
  /** Timelines whose history files lie in pg_wal: a promotion takes a number above them. */
  readonly histories: Set<number>;
  primaryConninfo = '';
  synchronousNames = '';
  restartAfterCrash = 'on';
  /** Counts the clones that came into its place: inode and birth time are others then. */
  identity = 1;
  /** The WAL of another branch was appended to it: nothing that it says is true any more. */
  isCorrupt = false;

  constructor(branch: Branch, lsn: number, control: ControlState) {
    this.branch = branch;
    this.writtenLsn = lsn;
    this.flushedLsn = lsn;
    this.control = control;
    this.histories = new Set([branch.timeline]);
  }

  /** The end of the WAL that lies in its files. */
  get end(): WalPosition {
    return { branch: this.branch, lsn: this.writtenLsn };
  }

  get flushed(): WalPosition {
    return { branch: this.branch, lsn: this.flushedLsn };
  }

  /** The power failed. */
  dropWhatWasNotSynced(): void {
    this.writtenLsn = this.flushedLsn;
    // The switch to a branch is synced with its first WAL.
    while (this.branch.parent !== undefined && this.flushedLsn < this.branch.forkedAt) {
      this.branch = this.branch.parent;
    }
  }

  /** A base backup, or the result of a rewind: all files of the source but this node's own settings. */
  becomeCopyOf(source: DataDirectory): void {
    this.branch = source.branch;
    this.writtenLsn = source.flushedLsn;
    this.flushedLsn = source.flushedLsn;
    this.control = 'in archive recovery';
    this.standbySignal = true;
    this.histories.clear();
    for (const timeline of source.histories) this.histories.add(timeline);
    this.isCorrupt = source.isCorrupt;
  }
}
