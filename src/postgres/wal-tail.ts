/**
 * The end of the WAL that one server has and another lacks: read from the pg_wal of a server that is down, or that
 * receives nothing, and written into that of another, which replays it when it looks there next, at the latest before
 * its promotion ends.
 */
import { type FileHandle, open, readdir, readFile, rename, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Lsn } from '../model/lsn.ts';
import { historyFileName, type TimelineId } from '../model/timeline.ts';
import { parseWalSegmentName, walSegmentName } from '../model/wal-segment.ts';
import { flush, writeDurably } from '../system/durable-file.ts';

/** XLOG_BLCKSZ, unless PostgreSQL was built otherwise. */
export const walPageBytes = 8192;
const chunkBytes = 128 * walPageBytes;
/** Where a header says at which position of the WAL its page stands. */
const addressOffset = 8;
const blankPage = Buffer.alloc(walPageBytes);

/** A part of one segment file. */
export interface WalPart {
  readonly timelineId: TimelineId;
  /** At the beginning of a page. */
  readonly fromLsn: Lsn;
  readonly bytes: Buffer;
}

/** @returns undefined where the directory holds no WAL, or must not be read */
export async function segmentBytesIn(walDirectory: string): Promise<number | undefined> {
  const names = await readdir(walDirectory).catch(() => []);
  const name = names.find((candidate) => parseWalSegmentName(candidate) !== undefined);
  const status = name && (await stat(join(walDirectory, name)).catch(() => undefined));
  return status ? status.size : undefined;
}

/** The text of a timeline's history file. @returns undefined where it is not there */
export async function readHistoryFile(
  walDirectory: string,
  timelineId: TimelineId,
): Promise<Buffer | undefined> {
  return await readFile(join(walDirectory, historyFileName(timelineId))).catch(() => undefined);
}

/** Durably. @throws the system's error */
export async function writeHistoryFile(
  walDirectory: string,
  timelineId: TimelineId,
  content: Buffer,
): Promise<void> {
  await writeDurably(join(walDirectory, historyFileName(timelineId)), content, { mode: 0o600 });
}

/**
 * How far the files of a timeline hold what belongs there: a page that names another address is left from an earlier
 * use of the file, or was never written. Blank pages belong there where they reach to the end of a segment, or of what
 * is asked for: since PostgreSQL 11 that is what a switch to the next segment leaves.
 * @returns the first position that is not there; `fromLsn` where there is nothing
 */
export async function writtenUpTo(
  walDirectory: string,
  timelineId: TimelineId,
  fromLsn: Lsn,
  toLsn: Lsn,
): Promise<Lsn> {
  const segmentBytes = await segmentBytesIn(walDirectory);
  if (segmentBytes === undefined) return fromLsn;
  let position = pageStart(fromLsn);
  for await (const { fromLsn: at, bytes } of readParts(walDirectory, timelineId, position, toLsn)) {
    for (let offset = 0; offset + walPageBytes <= bytes.length; offset += walPageBytes) {
      const address = at + BigInt(offset);
      const next = (address + BigInt(walPageBytes)) as Lsn;
      if (bytes.readBigUInt64LE(offset + addressOffset) === address && address === position) position = next;
      else if (!blankPage.equals(bytes.subarray(offset, offset + walPageBytes)))
        return latest(position, fromLsn);
      else if (next % BigInt(segmentBytes) === 0n || next === toLsn) position = next;
    }
  }
  return latest(earliest(position, toLsn), fromLsn);
}

/**
 * The bytes of a timeline's files from `fromLsn` to below `toLsn`; ends early where a file is missing.
 * @throws the system's error where one cannot be read
 */
export async function* readParts(
  walDirectory: string,
  timelineId: TimelineId,
  fromLsn: Lsn,
  toLsn: Lsn,
): AsyncGenerator<WalPart> {
  const segmentBytes = await segmentBytesIn(walDirectory);
  let position = fromLsn;
  while (segmentBytes !== undefined && position < toLsn) {
    const path = join(walDirectory, walSegmentName(timelineId, position, segmentBytes));
    const file = await openIfThere(path, 'r');
    if (file === undefined) return;
    try {
      const offset = Number(position % BigInt(segmentBytes));
      const end = Math.min(segmentBytes, offset + Number(toLsn - position));
      for (let at = offset; at < end; ) {
        // Up to the end of the page: `writtenUpTo` looks at whole ones.
        const length = Math.min(chunkBytes, Math.ceil(end / walPageBytes) * walPageBytes - at);
        const bytes = Buffer.allocUnsafe(length);
        const { bytesRead } = await file.read(bytes, 0, length, at);
        if (bytesRead === 0) return;
        yield { timelineId, fromLsn: position, bytes: bytes.subarray(0, bytesRead) };
        at += bytesRead;
        position = (position + BigInt(bytesRead)) as Lsn;
      }
    } finally {
      await file.close();
    }
  }
}

/**
 * Writes a part into its segment, durably: into the file that is there, as a WAL receiver does, else into a new one
 * filled up with zeros. The part lies in one segment, and nothing is received meanwhile.
 * @throws the system's error
 */
export async function writePart(walDirectory: string, segmentBytes: number, part: WalPart): Promise<void> {
  const path = join(walDirectory, walSegmentName(part.timelineId, part.fromLsn, segmentBytes));
  const offset = Number(part.fromLsn % BigInt(segmentBytes));
  const present = await openIfThere(path, 'r+');
  if (present !== undefined) {
    await writeAndClose(present, part.bytes, offset);
    return;
  }
  // PostgreSQL removes files of such a name when it starts.
  const temporaryPath = join(walDirectory, 'xlogtemp.repmgr');
  try {
    const file = await open(temporaryPath, 'w', 0o600);
    await file.truncate(segmentBytes);
    await writeAndClose(file, part.bytes, offset);
    await rename(temporaryPath, path);
  } catch (error) {
    await unlink(temporaryPath).catch(() => undefined);
    throw error;
  }
  await flush(walDirectory);
}

export function pageStart(lsn: Lsn): Lsn {
  return (lsn - (lsn % BigInt(walPageBytes))) as Lsn;
}

async function writeAndClose(file: FileHandle, bytes: Buffer, offset: number): Promise<void> {
  try {
    await file.write(bytes, 0, bytes.length, offset);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function openIfThere(path: string, flags: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, flags);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function earliest(one: Lsn, other: Lsn): Lsn {
  return one < other ? one : other;
}

function latest(one: Lsn, other: Lsn): Lsn {
  return one > other ? one : other;
}
