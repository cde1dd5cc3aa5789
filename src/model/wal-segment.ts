/** Names of WAL segment files: timeline, and number of the segment in two halves (`000000010000000000000042`). */
import { type Lsn, toLsn } from './lsn.ts';
import { type TimelineId, toTimelineId } from './timeline.ts';

/** 16 MB, unless initdb --wal-segsize (PostgreSQL 11+) or a build option said otherwise. */
export const defaultWalSegmentBytes = 16 * 1024 * 1024;

export interface WalSegment {
  readonly timelineId: TimelineId;
  /** The first position that the segment holds. */
  readonly startLsn: Lsn;
}

/** The file that holds the byte at `lsn`. */
export function walSegmentName(
  timelineId: TimelineId,
  lsn: Lsn,
  segmentBytes: number = defaultWalSegmentBytes,
): string {
  const number = lsn / BigInt(segmentBytes);
  const perHalf = segmentsPerHalf(segmentBytes);
  return [BigInt(timelineId), number / perHalf, number % perHalf]
    .map((part) => part.toString(16).toUpperCase().padStart(8, '0'))
    .join('');
}

/** @returns undefined for other files of pg_wal: history and backup files, `.partial` ones, temporary ones */
export function parseWalSegmentName(
  name: string,
  segmentBytes: number = defaultWalSegmentBytes,
): WalSegment | undefined {
  const match = /^([0-9A-F]{8})([0-9A-F]{8})([0-9A-F]{8})$/.exec(name);
  if (match === null) {
    return undefined;
  }
  const perHalf = segmentsPerHalf(segmentBytes);
  const low = BigInt(`0x${match[3]}`);
  const timelineId = toTimelineId(Number.parseInt(match[1] ?? '', 16));
  const startLsn = toLsn((BigInt(`0x${match[2]}`) * perHalf + low) * BigInt(segmentBytes));
  return timelineId === undefined || startLsn === undefined || low >= perHalf
    ? undefined
    : { timelineId, startLsn };
}

function segmentsPerHalf(segmentBytes: number): bigint {
  return 0x1_0000_0000n / BigInt(segmentBytes);
}
