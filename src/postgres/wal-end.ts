/**
 * Where the WAL in a data directory really ends: behind the last record that is complete. What SQL and the control
 * file tell is less (received but not replayed, written after the last checkpoint) or more (half a record, which a
 * standby drops when it goes on from another server).
 * See src/include/access/xlogrecord.h of PostgreSQL.
 */
import type { Lsn } from '../model/lsn.ts';
import type { TimelineId } from '../model/timeline.ts';
import type { Crc32c } from './crc32c.ts';
import { type WalPage, WalPages } from './wal-pages.ts';

export interface WalEnd {
  readonly lsn: Lsn;
  readonly timelineId: TimelineId;
}

/** What is known of the WAL beforehand, and spares reading it. */
export interface KnownWal {
  /** A place where a record ends, such as what a standby has replayed; nothing before it is read. */
  readonly boundary?: Lsn | undefined;
  /** What a WAL receiver has written to disk; what lies behind it is something older. */
  readonly receivedLsn?: Lsn | undefined;
}

interface RecordReader {
  /** Where the next record begins, if there is one. */
  readonly position: Lsn;
  /** Where the one before began: each names its predecessor. */
  readonly previous: Lsn | undefined;
  /** Where the last complete one ended; undefined: there was none. */
  readonly end: Lsn | undefined;
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
 * @param known spares reading the whole segment
 * @returns undefined where the files do not lead as far as `reached`: they are missing, or must not be read
 */
export async function findWalEnd(
  walDirectory: string,
  reached: Lsn,
  { boundary, receivedLsn }: KnownWal = {},
): Promise<WalEnd | undefined> {
  const pages = await WalPages.open(walDirectory);
  if (pages === undefined || reached === 0n) return undefined;
  try {
    if (boundary !== undefined && receivedLsn !== undefined) {
      return await endBehind(pages, boundary, receivedLsn);
    }
    let start = await lastWritten(pages, pages.segmentStart((reached - 1n) as Lsn));
    if (boundary !== undefined && boundary >= start) return await endBehind(pages, boundary, undefined);
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

async function endBehind(
  pages: WalPages,
  boundary: Lsn,
  receivedLsn: Lsn | undefined,
): Promise<WalEnd | undefined> {
  const lsn = (await endOfRecordsFrom(pages, boundary, receivedLsn)) ?? boundary;
  const timelineId = pages.timelineAt((lsn - 1n) as Lsn);
  return timelineId === undefined ? undefined : { lsn, timelineId };
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
  const first = await firstRecord(pages, segmentStart);
  return first === undefined ? undefined : await endOfRecordsFrom(pages, first, undefined);
}

/** @returns undefined where no complete record begins at `first` */
async function endOfRecordsFrom(
  pages: WalPages,
  first: Lsn,
  receivedLsn: Lsn | undefined,
): Promise<Lsn | undefined> {
  let reader: RecordReader = { position: first, previous: undefined, end: undefined };
  for (;;) {
    const page = await pages.pageAt(reader.position);
    if (page === undefined) return reader.end;
    const onPage = readOnPage(pages, page, reader, receivedLsn);
    if (onPage === undefined) return reader.end;
    const next = onPage.isAtPageEnd ? onPage : await readOverPages(pages, onPage, receivedLsn);
    if (next === undefined) return onPage.end;
    reader = next;
  }
}

/** Behind the rest of a record that began in an earlier segment. */
async function firstRecord(pages: WalPages, segmentStart: Lsn): Promise<Lsn | undefined> {
  let page = await pages.pageAt(segmentStart);
  while (page !== undefined && page.continuedBytes >= page.bytes.length - page.headerBytes) {
    page = await pages.pageAt((page.start + BigInt(page.bytes.length)) as Lsn);
  }
  return page && ((page.start + BigInt(page.headerBytes + aligned(page.continuedBytes))) as Lsn);
}

/**
 * Goes on over all records that end on this page: many are short, and waiting for each would take long.
 * @returns where the first one begins that goes on behind the page; undefined where one is not complete
 */
function readOnPage(
  pages: WalPages,
  page: WalPage,
  { position, previous, end }: RecordReader,
  receivedLsn: Lsn | undefined,
): (RecordReader & { readonly isAtPageEnd: boolean }) | undefined {
  const { bytes } = page;
  let offset = Number(position - page.start);
  if (offset === 0) {
    if (page.continuedBytes > 0) return undefined;
    offset = page.headerBytes;
  }
  let last = { previous, end };
  while (offset < bytes.length) {
    const length = bytes.readUInt32LE(offset);
    const start = (page.start + BigInt(offset)) as Lsn;
    if (length >= recordHeaderBytes && offset + length > bytes.length) {
      return { position: start, ...last, isAtPageEnd: false };
    }
    const record = bytes.subarray(offset, offset + length);
    const ends = (start + BigInt(aligned(length))) as Lsn;
    if (length < recordHeaderBytes || !isRecord(pages, record, { start, ends, receivedLsn, ...last })) {
      return last.end === end ? undefined : { position: start, ...last, isAtPageEnd: false };
    }
    if (isSwitch(record)) {
      const behind = segmentEnd(pages, ends);
      return { position: behind, previous: start, end: behind, isAtPageEnd: true };
    }
    last = { previous: start, end: ends };
    offset += aligned(length);
  }
  return { position: (page.start + BigInt(offset)) as Lsn, ...last, isAtPageEnd: true };
}

/** One record that goes on behind its page. @returns undefined where it is not complete */
async function readOverPages(
  pages: WalPages,
  { position: start, previous, end }: RecordReader,
  receivedLsn: Lsn | undefined,
): Promise<RecordReader | undefined> {
  let page = await pages.pageAt(start);
  if (page === undefined) return undefined;
  const offset = Number(start - page.start);
  const length = page.bytes.readUInt32LE(offset);
  const parts = [page.bytes.subarray(offset, offset + length)];
  let missing = length - (parts[0]?.length ?? 0);
  let ends = start + BigInt(aligned(length));
  if (missing <= 0) return undefined;
  while (missing > 0) {
    page = await pages.pageAt((page.start + BigInt(page.bytes.length)) as Lsn);
    if (page?.isAfterTornRecord === true) {
      return { position: (page.start + BigInt(page.headerBytes)) as Lsn, previous, end };
    }
    if (page?.continuedBytes !== missing) return undefined;
    const part = page.bytes.subarray(page.headerBytes, page.headerBytes + missing);
    parts.push(part);
    missing -= part.length;
    ends = page.start + BigInt(page.headerBytes + aligned(part.length));
  }
  const record = Buffer.concat(parts);
  if (!isRecord(pages, record, { start, ends: ends as Lsn, receivedLsn, previous })) return undefined;
  const behind = isSwitch(record) ? segmentEnd(pages, ends as Lsn) : (ends as Lsn);
  return { position: behind, previous: start, end: behind };
}

interface RecordPlace {
  readonly start: Lsn;
  readonly ends: Lsn;
  readonly previous: Lsn | undefined;
  readonly receivedLsn: Lsn | undefined;
}

function isRecord(pages: WalPages, record: Buffer, place: RecordPlace): boolean {
  const { start, ends, previous, receivedLsn } = place;
  const before = record.readBigUInt64LE(8);
  if (previous === undefined ? before >= start : before !== previous) return false;
  return receivedLsn === undefined ? isIntact(record, pages.checksum) : ends <= receivedLsn;
}

function isSwitch(record: Buffer): boolean {
  return record[17] === switchRecord.resourceManager && ((record[16] ?? 0) & 0xf0) === switchRecord.info;
}

function segmentEnd(pages: WalPages, ends: Lsn): Lsn {
  return (pages.segmentStart((ends - 1n) as Lsn) + BigInt(pages.segmentBytes)) as Lsn;
}

function isIntact(record: Buffer, checksum: Crc32c): boolean {
  const computed = checksum.of(record.subarray(recordHeaderBytes), record.subarray(0, checksumOffset));
  return computed === record.readUInt32LE(checksumOffset);
}

/** Records begin at multiples of 8 bytes (MAXALIGN). */
function aligned(bytes: number): number {
  return Math.ceil(bytes / 8) * 8;
}
