/** Pages of the WAL files in a data directory, in each segment on the highest timeline that is there. */
import { type FileHandle, open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Lsn } from '../model/lsn.ts';
import type { TimelineId } from '../model/timeline.ts';
import { parseWalSegmentName } from '../model/wal-segment.ts';
import { createCrc32c, type Crc32c } from './crc32c.ts';

export interface WalPage {
  readonly start: Lsn;
  readonly bytes: Buffer;
  readonly headerBytes: number;
  /** How much of a record that began on an earlier page goes on here; 0 where none does. */
  readonly continuedBytes: number;
  /** The record that began on the page before was never completed: a crash came between, and others follow here. */
  readonly isAfterTornRecord: boolean;
}

interface SegmentFile {
  readonly path: string;
  readonly timelineId: TimelineId;
}

/** XLOG_BLCKSZ, unless PostgreSQL was built otherwise. */
const pageBytes = 8192;
/** Most often the end of WAL is near where it is looked for; what is read on and on is read in larger pieces. */
const firstChunkBytes = 8 * pageBytes;
const largestChunkBytes = 128 * pageBytes;

/** The first page of a segment has a longer header. */
const longHeaderBytes = 40;
const shortHeaderBytes = 24;

/** Where a header says at which position of the WAL its page stands. */
const addressOffset = 8;

const flagFirstIsContinued = 0x0001;
const flagLongHeader = 0x0002;
/** PostgreSQL 14 and later, and the last versions of those before. */
const flagOverwritesRecord = 0x0008;

let checksums: Promise<Crc32c> | undefined;

/** Made once: it takes longer than to read a page. */
function sharedChecksum(): Promise<Crc32c> {
  checksums ??= createCrc32c();
  return checksums;
}

/** Holds one file open; `close` it. */
export class WalPages {
  readonly segmentBytes: number;
  readonly checksum: Crc32c;
  readonly #segments: ReadonlyMap<bigint, SegmentFile>;
  #open: { readonly path: string; readonly file: FileHandle } | undefined;
  #chunk: { readonly start: bigint; readonly bytes: Buffer } | undefined;
  #chunkBytes = firstChunkBytes;

  private constructor(segmentBytes: number, segments: ReadonlyMap<bigint, SegmentFile>, checksum: Crc32c) {
    this.segmentBytes = segmentBytes;
    this.checksum = checksum;
    this.#segments = segments;
  }

  /** @returns undefined where the directory holds no WAL, or must not be read */
  static async open(walDirectory: string): Promise<WalPages | undefined> {
    const names = await readdir(walDirectory).catch(() => []);
    const first = names.find((name) => parseWalSegmentName(name) !== undefined);
    const status = first && (await stat(join(walDirectory, first)).catch(() => undefined));
    if (!status || status.size < pageBytes) return undefined;
    const segments = new Map<bigint, SegmentFile>();
    for (const name of names) {
      const segment = parseWalSegmentName(name, status.size);
      if (segment === undefined) continue;
      const known = segments.get(segment.startLsn);
      if (known !== undefined && known.timelineId > segment.timelineId) continue;
      segments.set(segment.startLsn, { path: join(walDirectory, name), timelineId: segment.timelineId });
    }
    return new WalPages(status.size, segments, await sharedChecksum());
  }

  segmentStart(lsn: Lsn): Lsn {
    return (lsn - (lsn % BigInt(this.segmentBytes))) as Lsn;
  }

  /** The timeline of the file that holds the byte at `lsn`. */
  timelineAt(lsn: Lsn): TimelineId | undefined {
    return this.#segments.get(this.segmentStart(lsn))?.timelineId;
  }

  /** Whether the segment that begins at `start` was begun; a file made or recycled for later use does not count. */
  async isWritten(start: Lsn): Promise<boolean> {
    const segment = this.#segments.get(start);
    const file = segment && (await open(segment.path, 'r').catch(() => undefined));
    if (file === undefined) return false;
    try {
      const head = Buffer.alloc(shortHeaderBytes);
      await file.read(head, 0, head.length, 0);
      return head.readBigUInt64LE(addressOffset) === start;
    } finally {
      await file.close();
    }
  }

  /**
   * The page that holds the byte at `lsn`.
   * @returns undefined where it was never written: the file is missing, or holds something older at this place
   */
  async pageAt(lsn: Lsn): Promise<WalPage | undefined> {
    const start = lsn - (lsn % BigInt(pageBytes));
    const bytes = await this.#read(start);
    if (bytes === undefined || bytes.readBigUInt64LE(addressOffset) !== start) return undefined;
    const flags = bytes.readUInt16LE(2);
    return {
      start: start as Lsn,
      bytes,
      headerBytes: (flags & flagLongHeader) === 0 ? shortHeaderBytes : longHeaderBytes,
      continuedBytes: (flags & flagFirstIsContinued) === 0 ? 0 : bytes.readUInt32LE(16),
      isAfterTornRecord: (flags & flagOverwritesRecord) !== 0,
    };
  }

  async close(): Promise<void> {
    await this.#open?.file.close();
    this.#open = undefined;
  }

  async #read(pageStart: bigint): Promise<Buffer | undefined> {
    const isInChunk = (chunk: { start: bigint; bytes: Buffer }) =>
      pageStart >= chunk.start && pageStart + BigInt(pageBytes) <= chunk.start + BigInt(chunk.bytes.length);
    if (this.#chunk === undefined || !isInChunk(this.#chunk)) this.#chunk = await this.#readChunk(pageStart);
    if (this.#chunk === undefined || !isInChunk(this.#chunk)) return undefined;
    const offset = Number(pageStart - this.#chunk.start);
    return this.#chunk.bytes.subarray(offset, offset + pageBytes);
  }

  async #readChunk(pageStart: bigint): Promise<{ start: bigint; bytes: Buffer } | undefined> {
    const segmentStart = this.segmentStart(pageStart as Lsn);
    const segment = this.#segments.get(segmentStart);
    if (segment === undefined) return undefined;
    if (this.#open?.path !== segment.path) {
      await this.close();
      const file = await open(segment.path, 'r').catch(() => undefined);
      if (file === undefined) return undefined;
      this.#open = { path: segment.path, file };
    }
    // A buffer of its own for each chunk: records keep parts of the one before.
    const bytes = Buffer.allocUnsafeSlow(this.#chunkBytes);
    this.#chunkBytes = Math.min(2 * this.#chunkBytes, largestChunkBytes);
    const { bytesRead } = await this.#open.file.read(
      bytes,
      0,
      bytes.length,
      Number(pageStart - segmentStart),
    );
    return { start: pageStart, bytes: bytes.subarray(0, bytesRead) };
  }
}
