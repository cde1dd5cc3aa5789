/** What each step of following works with. */
import type { Config } from '../../config/resolve.ts';
import type { Logger } from '../../log/logger.ts';
import type { Connection } from '../../postgres/connection.ts';
import type { FollowFacts } from './facts.ts';
import type { FollowPlan } from './plan.ts';
import type { FollowWish } from './wish.ts';

export interface FollowContext {
  readonly facts: FollowFacts;
  readonly plan: FollowPlan;
  readonly wish: FollowWish;
  readonly config: Config;
  readonly upstream: Connection;
  /** Keeps the metadata; the same as `upstream`, or above it in a cascade. */
  readonly primary: Connection;
  /** repmgrd runs this, and sees to slots left behind, metadata and events itself. */
  readonly isOrderedByDaemon: boolean;
  /** Has the repmgrd of this node let it follow; undefined: this command does. @throws RepmgrError request_refused */
  readonly throughRepmgrd?: (() => Promise<void>) | undefined;
  readonly event: 'standby_follow' | 'node_rejoin';
  readonly log: Logger;
  readonly signal: AbortSignal;
}
