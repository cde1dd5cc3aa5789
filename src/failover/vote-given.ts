/** A vote that a candidate, or the leader that it has become, counts. */
import type { NodeId } from '../model/node.ts';
import type { MonotonicMs } from './instant.ts';

export interface Vote {
  readonly voter: NodeId;
  /** When the request that it answers was sent. */
  readonly sentAt: MonotonicMs;
}
