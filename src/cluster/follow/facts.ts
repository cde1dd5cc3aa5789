/** What was found of both servers before a plan is made. */
import type { UpstreamFacts } from './inspect-upstream.ts';
import type { LocalFacts } from './local.ts';

export interface FollowFacts {
  readonly local: LocalFacts;
  readonly upstream: UpstreamFacts;
  /** primary_conninfo for the upstream; the upstream was reached with it. */
  readonly primaryConninfo: string;
  /** The repmgrd of this node does it, and judges whether it may. */
  readonly isThroughRepmgrd?: boolean;
}
