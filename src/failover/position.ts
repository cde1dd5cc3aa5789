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

/**
 * The same with its maker: the term whose leader made it, 0 where that is not known, `madeByHand` where its server was
 * seen writable on it without a term.
 */
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

/** The order of two ends of WAL, and whether the one that is behind is contained in the other. */
export interface Comparison {
  /** Negative: the first is behind. */
  readonly order: number;
  /** Neither holds all the other's WAL: by their newest timelines one of them left the line. */
  readonly isDivergent: boolean;
}

/** By the term that made the timeline, its number and the LSN, along the histories. */
export function comparePositions(one: Position, other: Position): Comparison {
  const shared = sharedSteps(one.path, other.path);
  if (shared === one.path.length && shared === other.path.length) {
    return { order: one.lsn - other.lsn, isDivergent: shared === 0 };
  }
  if (shared === one.path.length && shared > 0) {
    return alongHistory(one, other, -1);
  }
  if (shared === other.path.length && shared > 0) {
    return alongHistory(other, one, 1);
  }
  return { order: compareTips(one.path, other.path), isDivergent: true };
}

/** Whether all WAL of `position` lies on this path: it never went on beyond a fork of it. */
export function isOnPath(position: Position, path: TimelinePath): boolean {
  const shared = sharedSteps(position.path, path);
  const fork = path[shared];
  return shared === position.path.length && (fork === undefined || position.lsn <= fork.beganAt);
}

/** Whether `path` is the other one, or goes on where that ends. */
export function continuesPath(path: TimelinePath, ancestor: TimelinePath): boolean {
  return sharedSteps(path, ancestor) === ancestor.length;
}

export function tipOf(path: TimelinePath): TimelineStep | undefined {
  return path.at(-1);
}

export function samePath(one: TimelinePath, other: TimelinePath): boolean {
  return one.length === other.length && sharedSteps(one, other) === one.length;
}

/** The WAL of `position` up to where it leaves this path; null where nothing of it lies there. */
export function partOnPath(position: Position, path: TimelinePath): Position | null {
  const shared = sharedSteps(position.path, path);
  if (shared === 0) {
    return null;
  }
  const forks = [position.path[shared], path[shared]].flatMap((step) => (step ? [step.beganAt] : []));
  const lsn = Math.min(position.lsn, ...forks) as LsnBytes;
  return { path: position.path.slice(0, shared), lsn, isExact: position.isExact || lsn < position.lsn };
}

/** `ancestor` ended on a timeline that `descendant` left later: its LSN decides whether it went on alone. */
function alongHistory(ancestor: Position, descendant: Position, behind: number): Comparison {
  const fork = descendant.path[ancestor.path.length];
  const wentOn = fork !== undefined && ancestor.lsn > fork.beganAt;
  const isBareFork = ancestor.lsn === descendant.lsn && fork?.beganAt === descendant.lsn;
  return { order: isBareFork ? 0 : behind, isDivergent: wentOn };
}

function compareTips(one: TimelinePath, other: TimelinePath): number {
  const ours = one.at(-1);
  const theirs = other.at(-1);
  return (ours?.term ?? 0) - (theirs?.term ?? 0) || (ours?.timelineId ?? 0) - (theirs?.timelineId ?? 0);
}

/** The same number and fork, whoever made it. */
export function isSameMark(one: TimelineMark, other: TimelineMark): boolean {
  return one.timelineId === other.timelineId && one.beganAt === other.beganAt;
}

function sharedSteps(one: TimelinePath, other: TimelinePath): number {
  let count = 0;
  for (const step of one) {
    const counterpart = other[count];
    if (
      counterpart === undefined ||
      counterpart.timelineId !== step.timelineId ||
      counterpart.beganAt !== step.beganAt ||
      counterpart.term !== step.term
    ) {
      break;
    }
    count++;
  }
  return count;
}
