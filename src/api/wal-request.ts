/** What a winner asks another repmgrd for before it promotes: WAL that only the other one has (rule 8). */
import * as v from 'valibot';
import type { LsnBytes } from '../failover/position.ts';
import { limits } from '../limits.ts';
import type { TimelineId } from '../model/timeline.ts';
import { parseJson } from './json.ts';
import { lsn, type Plain, timelineId } from './schema-parts.ts';

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

const requestSchema: v.GenericSchema<unknown, Plain<WalRequest>> = v.variant('kind', [
  v.object({ kind: v.literal('history'), timelineId }),
  v.pipe(
    v.object({ kind: v.literal('range'), timelineId, fromLsn: lsn, toLsn: lsn }),
    v.check(({ fromLsn, toLsn }) => toLsn > fromLsn && toLsn - fromLsn <= limits.walRangeBytes),
  ),
]);

/** @returns undefined where the text is no such request, or asks for too much at once */
export function readWalRequest(body: string): WalRequest | undefined {
  const result = v.safeParse(requestSchema, parseJson(body));
  return result.success ? (result.output as unknown as WalRequest) : undefined;
}
