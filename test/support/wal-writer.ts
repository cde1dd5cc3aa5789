/** Writes WAL as PostgreSQL does, in small segments: records over pages and segments, with their heads and checksums. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Lsn } from '../../src/model/lsn.ts';
import type { TimelineId } from '../../src/model/timeline.ts';
import { walSegmentName } from '../../src/model/wal-segment.ts';
import { createCrc32c } from '../../src/postgres/crc32c.ts';

/** The smallest that initdb allows. */
export const segmentBytes = 1024 * 1024;
export const pageBytes = 8192;
const checksum = await createCrc32c();

export interface WrittenRecord {
  readonly start: Lsn;
  readonly end: Lsn;
}

export class WalWriter {
  readonly records: WrittenRecord[] = [];
  readonly #segments = new Map<bigint, Buffer>();
  #position: bigint;
  #previous: bigint;

  /** @param start at the beginning of a segment */
  constructor(start: Lsn) {
    this.#position = start;
    this.#previous = start - 64n;
  }

  /** Where the last record ends. */
  get end(): Lsn {
    return this.#position as Lsn;
  }

  /** @param bodyBytes what follows the head of 24 bytes */
  append(bodyBytes: number, isSwitch = false): void {
    const length = 24 + bodyBytes;
    this.#beginPage(0);
    const start = this.#position;
    const record = Buffer.alloc(length, Number(start % 251n));
    record.writeUInt32LE(length, 0);
    record.writeUInt32LE(7, 4);
    record.writeBigUInt64LE(this.#previous, 8);
    record[16] = isSwitch ? 0x40 : 0x00;
    record[17] = isSwitch ? 0 : 10;
    record.writeUInt32LE(checksum.of(record.subarray(24), record.subarray(0, 20)), 20);
    for (let written = 0; written < length; ) {
      if (written > 0) this.#beginPage(length - written);
      const room = pageBytes - Number(this.#position % BigInt(pageBytes));
      const part = record.subarray(written, written + room);
      part.copy(this.#segment(), this.#offset());
      this.#position += BigInt(part.length);
      written += part.length;
    }
    this.#position = ((this.#position + 7n) / 8n) * 8n;
    if (isSwitch) this.#position = this.#segmentStart(this.#position - 1n) + BigInt(segmentBytes);
    this.#previous = start;
    this.records.push({ start: start as Lsn, end: this.#position as Lsn });
  }

  /** Begins a record that goes on behind its page, and gives it up there, as PostgreSQL does after a crash. */
  tear(bodyBytes: number): void {
    this.#beginPage(0);
    const record = Buffer.alloc(24 + bodyBytes, 1);
    record.writeUInt32LE(record.length, 0);
    record.writeBigUInt64LE(this.#previous, 8);
    const room = pageBytes - Number(this.#position % BigInt(pageBytes));
    record.copy(this.#segment(), this.#offset(), 0, room);
    this.#position += BigInt(room);
    this.#beginPage(0, true);
  }

  /** Overwrites bytes from a position on, within its segment. */
  damage(at: Lsn, bytes: number, fill: number): void {
    const offset = Number(at % BigInt(segmentBytes));
    this.#segments.get(this.#segmentStart(at))?.fill(fill, offset, offset + bytes);
  }

  async save(directory: string, timelineId: TimelineId): Promise<void> {
    await mkdir(directory, { recursive: true });
    for (const [start, bytes] of this.#segments) {
      await writeFile(join(directory, walSegmentName(timelineId, start as Lsn, segmentBytes)), bytes);
    }
  }

  #segmentStart(position: bigint): bigint {
    return position - (position % BigInt(segmentBytes));
  }

  #segment(): Buffer {
    const start = this.#segmentStart(this.#position);
    const segment = this.#segments.get(start) ?? Buffer.alloc(segmentBytes);
    this.#segments.set(start, segment);
    return segment;
  }

  #offset(): number {
    return Number(this.#position % BigInt(segmentBytes));
  }

  #beginPage(continuedBytes: number, overwritesRecord = false): void {
    if (this.#position % BigInt(pageBytes) !== 0n) return;
    const isFirst = this.#position % BigInt(segmentBytes) === 0n;
    const header = Buffer.alloc(isFirst ? 40 : 24);
    header.writeUInt16LE(0xd110, 0);
    const flags = (continuedBytes > 0 ? 1 : 0) | (isFirst ? 2 : 0) | (overwritesRecord ? 8 : 0);
    header.writeUInt16LE(flags, 2);
    header.writeUInt32LE(1, 4);
    header.writeBigUInt64LE(this.#position, 8);
    header.writeUInt32LE(continuedBytes, 16);
    if (isFirst) header.writeUInt32LE(segmentBytes, 32);
    if (isFirst) header.writeUInt32LE(pageBytes, 36);
    header.copy(this.#segment(), this.#offset());
    this.#position += BigInt(header.length);
  }
}
