/** What a winner asks another repmgrd for before it promotes: WAL that only the other one has (rule 8). */
import type { LsnBytes } from '../failover/position.ts';
import type { TimelineId } from '../model/timeline.ts';

export type WalRequest =
  /** The history file of a timeline. */
  | { readonly kind: 'history'; readonly timelineId: TimelineId }
  /** WAL from `fromLsn` to below `toLsn`, which lie `limits.walRangeBytes` apart at most. */
  | {
      readonly kind: 'range';
      readonly timelineId: TimelineId;
      readonly fromLsn: LsnBytes;
      readonly toLsn: LsnBytes;
    };

export type WalAnswer =
  /** Exactly `length` bytes; where there is less than was asked for, those from the beginning. */
  | { readonly kind: 'bytes'; readonly length: number; readonly bytes: AsyncIterable<Uint8Array> }
  /** In words. */
  | { readonly kind: 'refused'; readonly reason: string };
