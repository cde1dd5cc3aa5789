/**
 * The truth about write-ahead logs: branches of one tree. PostgreSQL knows timeline numbers and fork points only, and
 * two servers can give the same number to different WAL; a branch is WAL that one server wrote in one go.
 */
export class Branch {
  readonly timeline: number;
  readonly parent: Branch | undefined;
  /** Where it left its parent. */
  readonly forkedAt: number;
  readonly depth: number;
  /** Which node writes it. */
  readonly owner: number;
  /** The furthest that was ever written to it. */
  end: number;

  constructor(timeline: number, owner: number, parent: Branch | undefined, forkedAt: number) {
    this.timeline = timeline;
    this.owner = owner;
    this.parent = parent;
    this.forkedAt = forkedAt;
    this.end = forkedAt;
    this.depth = parent === undefined ? 0 : parent.depth + 1;
  }
}

/** The end of the WAL that somebody has. */
export interface WalPosition {
  readonly branch: Branch;
  readonly lsn: number;
}

/** The last LSN up to which both logs are the same. */
export function commonLsn(one: WalPosition, other: WalPosition): number {
  let { branch: left, lsn: leftLsn } = one;
  let { branch: right, lsn: rightLsn } = other;
  while (left !== right) {
    if (left.depth >= right.depth) {
      leftLsn = Math.min(leftLsn, left.forkedAt);
      if (left.parent === undefined) return 0;
      left = left.parent;
    } else {
      rightLsn = Math.min(rightLsn, right.forkedAt);
      if (right.parent === undefined) return 0;
      right = right.parent;
    }
  }
  return Math.min(leftLsn, rightLsn);
}

/** Whether `holder` has all the WAL that ends at `position`. */
export function contains(holder: WalPosition, position: WalPosition): boolean {
  return commonLsn(holder, position) >= position.lsn;
}

/** The branch of a log on which its WAL at `lsn` lies. */
export function branchAt(position: WalPosition, lsn: number): Branch {
  let { branch } = position;
  while (branch.parent !== undefined && lsn <= branch.forkedAt) branch = branch.parent;
  return branch;
}

/** How far the branch reaches in this log: to where the next one left it, or to the log's end. */
export function endOfBranchIn(position: WalPosition, branch: Branch): number | undefined {
  let end = position.lsn;
  let step: Branch | undefined = position.branch;
  while (step !== undefined) {
    if (step === branch) return end;
    end = Math.min(end, step.forkedAt);
    step = step.parent;
  }
  return undefined;
}

export interface Mark {
  readonly timelineId: number;
  readonly beganAt: number;
}

const marksOfBranches = new WeakMap<Branch, readonly Mark[]>();

/** The timeline with its ancestors as its history file has them, oldest first: numbers and where each began. */
export function marksOf(branch: Branch): readonly Mark[] {
  const known = marksOfBranches.get(branch);
  if (known !== undefined) return known;
  const before = branch.parent === undefined ? [] : marksOf(branch.parent);
  const marks =
    branch.parent?.timeline === branch.timeline
      ? before
      : [
          ...before,
          { timelineId: branch.timeline, beganAt: branch.parent === undefined ? 0 : branch.forkedAt },
        ];
  marksOfBranches.set(branch, marks);
  return marks;
}
