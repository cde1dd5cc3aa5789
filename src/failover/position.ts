/** Positions in the WAL that can be compared between nodes: a timeline with its ancestors and makers, and an LSN. */
import type { Brand } from '../model/brand.ts';
import type { TimelineId } from '../model/timeline.ts';
import type { Term } from './term.ts';

/** An LSN in bytes as a number: exact up to 8 PiB of WAL, and it survives JSON, which the bigint of the model does not. */
export type LsnBytes = Brand<number, 'LsnBytes'>;

/** Where a timeline began, as history files and WAL tell it. */
export interface TimelineMark {
  readonly timelineId: TimelineId;
  /** The LSN where it left its parent; 0 for the first one. */
  readonly beganAt: LsnBytes;
}

/** The same with its maker: the term whose leader made it, 0 where it was made by hand and no term adopted it yet. */
export interface TimelineStep extends TimelineMark {
  readonly term: Term;
}

/** A timeline and all its ancestors, oldest first; never empty. */
export type TimelinePath = readonly TimelineStep[];

export interface Position {
  readonly path: TimelinePath;
  readonly lsn: LsnBytes;
  /** False: a lower bound, because the end of the local WAL has not been read or replayed yet. */
  readonly isExact: boolean;
}
