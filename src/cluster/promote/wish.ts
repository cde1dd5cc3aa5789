/** What a user wants of a promotion, and what is to be told to them. */
export interface PromotionWish {
  /** `--force`: go on although the registered primary runs and does not let us in. */
  readonly force: boolean;
  /** A repmgrd runs beside the server: the repmgrds elect, so that no two nodes are promoted. */
  readonly isByElection: boolean;
  /** promote_check_timeout */
  readonly deadlineMs: number;
  /** How a user runs repmgr on this node, followed by these words. */
  ownCommand(words: string): string;
}

export interface PromotionWarning {
  readonly message: string;
  readonly hint?: string;
}
