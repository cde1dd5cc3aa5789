/** Why the core decided as it did: as data, and as a sentence for an operator. */
export interface Explanation {
  /** The rule of docs/internals/failover.md. */
  readonly rule: number;
  readonly decision: Decision;
  readonly sentence: string;
  readonly evidence: Evidence;
}

export type Evidence = Readonly<Record<string, string | number | boolean | null | readonly number[]>>;

export type Decision =
  | 'bootstrap'
  | 'adoptLeader'
  | 'standForElection'
  | 'stayOut'
  | 'grantVote'
  | 'refuseVote'
  | 'answerBehind'
  | 'win'
  | 'giveUp'
  | 'promote'
  | 'promotionDone'
  | 'promotionFailed'
  | 'hold'
  | 'release'
  | 'fence'
  | 'confirm'
  | 'confirmed'
  | 'yield'
  | 'restartInPlace'
  | 'wait'
  | 'startAsStandby'
  | 'follow'
  | 'rejoin'
  | 'diverged'
  | 'freeze'
  | 'unfreeze'
  | 'changeRecord'
  | 'recordInForce'
  | 'setNames'
  | 'refuseRequest'
  | 'pause'
  | 'unpause'
  | 'suspended'
  | 'storageFailed'
  | 'ignore';
