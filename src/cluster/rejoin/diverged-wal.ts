/**
 * WAL that only this node has, and that a rejoin gives up: kept, so that somebody can look what was in it. One directory
 * for each time, with the segments from the fork on and a note.
 */
import { constants, copyFile, link, mkdir, readdir, readFile, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { failure } from '../../errors.ts';
import { formatSize } from '../../model/size.ts';
import { formatLsn, type Lsn, parseLsn } from '../../model/lsn.ts';
import { historyFileName, type TimelineId } from '../../model/timeline.ts';
import { parseWalSegmentName } from '../../model/wal-segment.ts';
import { segmentBytesIn } from '../../postgres/wal-tail.ts';
import { flush, writeDurably } from '../../system/durable-file.ts';

/** What was kept, as the note beside it says. LSNs in PostgreSQL's form. */
export interface DivergedWal {
  readonly directory: string;
  /** Of the node that gave the WAL up. */
  readonly timelineId: number;
  readonly divergedAt: string;
  readonly endOfWal: string;
  /** In favour of which node. */
  readonly rejoinedTo: number;
  /** ISO 8601. */
  readonly keptAt: string;
}

export interface DivergedRange {
  readonly walDirectory: string;
  readonly timelineId: TimelineId;
  readonly divergedAt: Lsn;
  readonly endOfWal: Lsn;
  readonly rejoinedTo: number;
  /** pg_rewind, and a server after it, write into the files that are there: hard links would change with them. */
  readonly isWrittenOver: boolean;
}

const noteName = 'diverged.json';
const note = v.object({
  timelineId: v.number(),
  divergedAt: v.string(),
  endOfWal: v.string(),
  rejoinedTo: v.number(),
  keptAt: v.string(),
});

/**
 * Keeps the segments by hard links where it may, which costs no room; else it copies them.
 * @param parent made where it is not there
 * @returns undefined where the range is empty: nothing is given up
 * @throws RepmgrError diverged_wal_not_kept where there is no room, or it cannot be written
 */
export async function keepDivergedWal(
  parent: string,
  range: DivergedRange,
  keptAt: Date,
): Promise<DivergedWal | undefined> {
  if (range.endOfWal <= range.divergedAt) return undefined;
  const directory = join(parent, keptAt.toISOString().replaceAll(/[:.]/g, '-'));
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const names = await segmentsOf(range);
    for (const name of names) {
      const [from, to] = [join(range.walDirectory, name), join(directory, name)];
      await (range.isWrittenOver ? copy(from, to) : linkOrCopy(from, to));
    }
    const kept = {
      timelineId: range.timelineId,
      divergedAt: formatLsn(range.divergedAt),
      endOfWal: formatLsn(range.endOfWal),
      rejoinedTo: range.rejoinedTo,
      keptAt: keptAt.toISOString(),
    };
    await writeDurably(join(directory, noteName), `${JSON.stringify(kept)}\n`, { mode: 0o600 });
    await flush(parent);
    return { directory, ...kept };
  } catch (error) {
    throw failure('diverged_wal_not_kept', {
      message: 'the WAL that only this node has could not be kept',
      detail: `It would be lost by a rejoin. Of "${directory}": ${error instanceof Error ? error.message : String(error)}.`,
      hint: 'Make room in state_directory, or remove what was kept there before; the rejoin is tried again.',
      cause: error,
    });
  }
}

/** What was kept, the newest first; what cannot be read is left out. */
export async function listDivergedWal(parent: string): Promise<readonly DivergedWal[]> {
  const names = (await readdir(parent).catch(() => [])).toSorted((one, other) => (one < other ? 1 : -1));
  const found = await Promise.all(
    names.map(async (name) => {
      const directory = join(parent, name);
      const text = await readFile(join(directory, noteName), 'utf8').catch(() => undefined);
      return text === undefined ? undefined : readNote(directory, text);
    }),
  );
  return found.filter((kept) => kept !== undefined);
}

function readNote(directory: string, text: string): DivergedWal | undefined {
  try {
    const parsed = v.safeParse(note, JSON.parse(text));
    const isWhole = parsed.success && parseLsn(parsed.output.divergedAt) !== undefined;
    return isWhole ? { directory, ...parsed.output } : undefined;
  } catch {
    return undefined;
  }
}

/** From the segment in which it diverged to that in which it ends, and the history of the timeline. */
async function segmentsOf({
  walDirectory,
  timelineId,
  divergedAt,
  endOfWal,
}: DivergedRange): Promise<string[]> {
  const segmentBytes = await segmentBytesIn(walDirectory);
  const names = await readdir(walDirectory);
  return names.filter((name) => {
    if (name === historyFileName(timelineId)) return true;
    const segment = segmentBytes === undefined ? undefined : parseWalSegmentName(name, segmentBytes);
    return (
      segment !== undefined &&
      segment.timelineId <= timelineId &&
      segment.startLsn < endOfWal &&
      segment.startLsn + BigInt(segmentBytes ?? 0) > divergedAt
    );
  });
}

async function linkOrCopy(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error) || error.code === 'ENOENT') throw error;
    await copy(from, to);
  }
}

/** Where the file system can, both share their blocks. */
async function copy(from: string, to: string): Promise<void> {
  await refuseLackOfRoom(from, to);
  await copyFile(from, to, constants.COPYFILE_FICLONE);
  await flush(to);
}

async function refuseLackOfRoom(from: string, to: string): Promise<void> {
  const [{ size }, space] = await Promise.all([stat(from), statfs(join(to, '..'))]);
  const free = space.bavail * space.bsize;
  if (free < size)
    throw new Error(`only ${formatSize(free)} are free, and a segment has ${formatSize(size)}`);
}
