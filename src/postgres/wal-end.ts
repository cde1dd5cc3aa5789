/**
 * Where the WAL in a data directory really ends: behind the last record that is complete. What SQL and the control
 * file tell is less (received but not replayed, written after the last checkpoint) or more (half a record, which a
 * standby drops when it goes on from another server).
 * See src/include/access/xlogrecord.h of PostgreSQL.
 */
import type { Lsn } from '../model/lsn.ts';
import type { TimelineId } from '../model/timeline.ts';
import { crc32c } from './crc32c.ts';
import { WalPages } from './wal-pages.ts';

export interface WalEnd {
  readonly lsn: Lsn;
  readonly timelineId: TimelineId;
}

interface WalRecord {
  readonly start: Lsn;
  readonly end: Lsn;
}

const recordHeaderBytes = 24;
/** The checksum covers what follows the head of a record, then the head as far as the checksum itself. */
const checksumOffset = 20;
/** Resource manager XLOG, XLOG_SWITCH: nothing else follows in the segment. */
const switchRecord = { resourceManager: 0, info: 0x40 };

/**
 * Finds the last segment that was written, and reads its records until one is not complete. For PostgreSQL 9.5 and
 * later.
 * @param walDirectory pg_wal of a data directory
 * @param reached a position that the server has surely reached
 * @returns undefined where the files do not lead as far as `reached`: they are missing, or must not be read
 */
export async function findWalEnd(walDirectory: string, reached: Lsn): Promise<WalEnd | undefined> {
  const pages = await WalPages.open(walDirectory);
  if (pages === undefined || reached === 0n) return undefined;
  try {
    let start = await lastWritten(pages, pages.segmentStart((reached - 1n) as Lsn));
    let end = await endOfRecords(pages, start);
    // A segment may hold nothing but a part of a record that began in one before.
    while (end === undefined && pages.timelineAt(start) !== undefined) {
      start = (start - BigInt(pages.segmentBytes)) as Lsn;
      end = await endOfRecords(pages, start);
    }
    const timelineId = end && pages.timelineAt((end - 1n) as Lsn);
    return end === undefined || end < reached || timelineId === undefined
      ? undefined
      : { lsn: end, timelineId };
  } finally {
    await pages.close();
  }
}

async function lastWritten(pages: WalPages, first: Lsn): Promise<Lsn> {
  let last = first;
  for (;;) {
    const next = (last + BigInt(pages.segmentBytes)) as Lsn;
    if (!(await pages.isWritten(next))) return last;
    last = next;
  }
}

/** @returns undefined where not one complete record begins in the segment */
async function endOfRecords(pages: WalPages, segmentStart: Lsn): Promise<Lsn | undefined> {
  let position = await firstRecord(pages, segmentStart);
  let previous: Lsn | undefined;
  let end: Lsn | undefined;
  while (position !== undefined) {
    const record = await readRecord(pages, position, previous);
    previous = record?.start;
    position = record?.end;
    end = position ?? end;
  }
  return end;
}

/** Behind the rest of a record that began in an earlier segment. */
async function firstRecord(pages: WalPages, segmentStart: Lsn): Promise<Lsn | undefined> {
  let page = await pages.pageAt(segmentStart);
  while (page !== undefined && page.continuedBytes >= page.bytes.length - page.headerBytes) {
    page = await pages.pageAt((page.start + BigInt(page.bytes.length)) as Lsn);
  }
  return page && ((page.start + BigInt(page.headerBytes + aligned(page.continuedBytes))) as Lsn);
}

/** @returns undefined where no complete record begins at `position` */
async function readRecord(
  pages: WalPages,
  position: Lsn,
  previous: Lsn | undefined,
): Promise<WalRecord | undefined> {
  let page = await pages.pageAt(position);
  if (page === undefined) return undefined;
  let offset = Number(position - page.start);
  if (offset === 0) {
    if (page.continuedBytes > 0) return undefined;
    offset = page.headerBytes;
  }
  const start = (page.start + BigInt(offset)) as Lsn;
  const length = page.bytes.readUInt32LE(offset);
  if (length < recordHeaderBytes) return undefined;

  const parts = [page.bytes.subarray(offset, offset + length)];
  let missing = length - (parts[0]?.length ?? 0);
  let end = start + BigInt(aligned(length));
  while (missing > 0) {
    page = await pages.pageAt((page.start + BigInt(page.bytes.length)) as Lsn);
    if (page?.continuedBytes !== missing) return undefined;
    const part = page.bytes.subarray(page.headerBytes, page.headerBytes + missing);
    parts.push(part);
    missing -= part.length;
    end = page.start + BigInt(page.headerBytes + aligned(part.length));
  }
  const record = parts.length === 1 ? (parts[0] ?? Buffer.alloc(0)) : Buffer.concat(parts);
  const before = record.readBigUInt64LE(8);
  if (previous === undefined ? before >= start : before !== previous) return undefined;
  if (!isIntact(record)) return undefined;
  const isSwitch =
    record[17] === switchRecord.resourceManager && ((record[16] ?? 0) & 0xf0) === switchRecord.info;
  if (isSwitch) end = pages.segmentStart((end - 1n) as Lsn) + BigInt(pages.segmentBytes);
  return { start, end: end as Lsn };
}

function isIntact(record: Buffer): boolean {
  const checksum = crc32c(record.subarray(recordHeaderBytes), record.subarray(0, checksumOffset));
  return checksum === record.readUInt32LE(checksumOffset);
}

/** Records begin at multiples of 8 bytes (MAXALIGN). */
function aligned(bytes: number): number {
  return Math.ceil(bytes / 8) * 8;
}
