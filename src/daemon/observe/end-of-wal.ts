/** Where the WAL of the local server ends, on which timelines, and whether that is proven (rule 3). */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { LsnBytes, TimelineMark } from '../../failover/position.ts';
import { bytesBetween, type Lsn, laterLsn } from '../../model/lsn.ts';
import type { TimelineId } from '../../model/timeline.ts';
import { limits } from '../../limits.ts';
import { positionOfStopped } from '../../cluster/follow/wal-position.ts';
import { type ControlFile, readControlFile } from '../../postgres/control-file.ts';
import type { OwnStatus } from '../../postgres/queries/own-status.ts';
import { findWalEnd, type WalEnd } from '../../postgres/wal-end.ts';
import type { ServerPlace } from './server-place.ts';
import { lsnBytes, marksOf, TimelineMarks } from './wal-marks.ts';

export interface EndOfWal {
  readonly timeline: readonly TimelineMark[] | null;
  readonly endOfWal: LsnBytes | null;
  readonly endIsExact: boolean;
}

export const unknownEnd: EndOfWal = { timeline: null, endOfWal: null, endIsExact: false };

/** Reads WAL files only where nothing streams into them, and only when something changed there. */
export class WalEndReader {
  readonly #place: ServerPlace;
  readonly #walDirectory: string;
  readonly #marks: TimelineMarks;
  #generation = 0;
  #flushedEnd: Lsn | undefined;
  #last: { readonly key: string; readonly end: WalEnd | undefined } | undefined;

  constructor(place: ServerPlace) {
    this.#place = place;
    this.#walDirectory = join(place.dataDirectory, place.version.capabilities.walNames.directory);
    this.#marks = new TimelineMarks(this.#walDirectory);
  }

  /** The directory is another copy. */
  forget(): void {
    this.forgetEnd();
    this.#flushedEnd = undefined;
  }

  /** Another postmaster, or WAL was put there by us: where records ended they still end. */
  forgetEnd(): void {
    this.#marks.forget();
    this.#last = undefined;
    this.#generation += 1;
  }

  /** A record ends there, on disk: only what follows has to be read, after a crash for instance. */
  noteFlushed(recordEnd: Lsn | undefined): void {
    this.#flushedEnd = recordEnd;
  }

  async ofRunning(status: OwnStatus): Promise<EndOfWal> {
    if (!status.isInRecovery) return await this.#at(status.timelineId, status.flushedLsn, true);
    const { receivedLsn, replayedLsn, receiver } = status;
    const reached = laterOf(receivedLsn, replayedLsn);
    // A WAL receiver is asked for only once the WAL that lay there was replayed.
    if (receiver?.timelineId !== undefined) {
      const complete = await this.#endOfReceived(replayedLsn, receivedLsn);
      return await this.#at(receiver.timelineId, complete ?? reached, true);
    }
    const end = await this.#readEnd(replayedLsn ?? receivedLsn, laterOf(replayedLsn, this.#flushedEnd));
    if (end !== undefined) return await this.#at(end.timelineId, end.lsn, true);
    return { ...unknownEnd, endOfWal: reached === undefined ? null : lsnBytes(reached) };
  }

  /** As `ofStopped`, with the control file as it is. */
  async inFiles(): Promise<EndOfWal> {
    const { dataDirectory, version } = this.#place;
    const control = await readControlFile(dataDirectory, version).catch(() => undefined);
    return control === undefined ? unknownEnd : await this.ofStopped(control);
  }

  /**
   * Of a server that does not run, or starts as a standby: nothing writes WAL there. What was read once is not read
   * again, since it is asked for several times a second.
   * @returns `unknownEnd` where the files cannot be read
   */
  async ofStopped(control: ControlFile): Promise<EndOfWal> {
    const end = await this.#endBehindFlushed();
    if (end !== undefined) {
      this.noteFlushed(end.lsn);
      return await this.#at(end.timelineId, end.lsn, true);
    }
    const position = await positionOfStopped(control, this.#place).catch(() => undefined);
    if (position?.history === undefined) return unknownEnd;
    // Records end at multiples of 8; what the control file tells alone may lie inside of one.
    if (position.lsn % 8n === 0n) this.noteFlushed(position.lsn);
    return {
      timeline: marksOf(position.timelineId, position.history),
      endOfWal: lsnBytes(position.lsn),
      endIsExact: true,
    };
  }

  /** WAL before the fork may lie in a file of the newer timeline. */
  async #at(timelineId: TimelineId | undefined, lsn: Lsn | undefined, isExact: boolean): Promise<EndOfWal> {
    if (lsn === undefined) return unknownEnd;
    const endOfWal = lsnBytes(lsn);
    const marks = await this.#marks.of(timelineId);
    const timeline = marks && marks.filter(({ beganAt }) => beganAt <= endOfWal);
    return { timeline, endOfWal, endIsExact: isExact && timeline !== null };
  }

  /** Where little is left to replay: half a record at the end is not counted, a promotion would drop it. */
  async #endOfReceived(replayed: Lsn | undefined, received: Lsn | undefined): Promise<Lsn | undefined> {
    const { hasCurrentWalRecords } = this.#place.version.capabilities;
    if (!hasCurrentWalRecords || replayed === undefined || received === undefined) return undefined;
    if (received <= replayed || bytesBetween(replayed, received) > limits.unreplayedReadBytes)
      return undefined;
    const known = { boundary: replayed, receivedLsn: received };
    return (await findWalEnd(this.#walDirectory, replayed, known).catch(() => undefined))?.lsn;
  }

  async #endBehindFlushed(): Promise<WalEnd | undefined> {
    const boundary = this.#flushedEnd;
    if (boundary === undefined) return undefined;
    return await findWalEnd(this.#walDirectory, boundary, { boundary }).catch(() => undefined);
  }

  async #readEnd(reached: Lsn | undefined, boundary: Lsn | undefined): Promise<WalEnd | undefined> {
    if (reached === undefined || !this.#place.version.capabilities.hasCurrentWalRecords) return undefined;
    const changed = (await stat(this.#walDirectory).catch(() => undefined))?.mtimeMs ?? 0;
    const key = `${reached} ${boundary} ${changed}`;
    if (this.#last?.key !== key) {
      const generation = this.#generation;
      // Replay ends with a record; it may be far behind, and then the last segment is enough.
      const end = await findWalEnd(this.#walDirectory, boundary ?? reached, { boundary }).catch(
        () => undefined,
      );
      // What was read while WAL was put there is not kept.
      if (generation !== this.#generation) return end;
      this.#last = { key, end };
    }
    return this.#last.end;
  }
}

function laterOf(one: Lsn | undefined, other: Lsn | undefined): Lsn | undefined {
  return one === undefined || other === undefined ? (one ?? other) : laterLsn(one, other);
}
