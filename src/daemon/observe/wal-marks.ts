/** Timelines and positions of PostgreSQL as the core counts them: marks from the history files, LSNs as numbers. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LsnBytes, TimelineMark } from '../../failover/position.ts';
import type { Lsn } from '../../model/lsn.ts';
import {
  historyFileName,
  parseTimelineHistory,
  type TimelineHistory,
  type TimelineId,
} from '../../model/timeline.ts';

export function lsnBytes(lsn: Lsn): LsnBytes {
  return Number(lsn) as LsnBytes;
}

/** A timeline behind its ancestors, each with the place where it began. */
export function marksOf(timelineId: TimelineId, history: TimelineHistory): readonly TimelineMark[] {
  const ids = [...history.map((ancestor) => ancestor.timelineId), timelineId];
  return ids.map((id, index) => {
    const before = history[index - 1];
    return { timelineId: id, beganAt: before === undefined ? (0 as LsnBytes) : lsnBytes(before.endedAt) };
  });
}

/** Reads each history file once: it never changes. */
export class TimelineMarks {
  readonly #walDirectory: string;
  readonly #known = new Map<TimelineId, readonly TimelineMark[]>();

  constructor(walDirectory: string) {
    this.#walDirectory = walDirectory;
  }

  /** @returns null where the history file cannot be read */
  async of(timelineId: TimelineId | undefined): Promise<readonly TimelineMark[] | null> {
    if (timelineId === undefined) return null;
    const known = this.#known.get(timelineId);
    if (known !== undefined) return known;
    const history = timelineId === 1 ? [] : await this.#read(timelineId);
    if (history === undefined) return null;
    const marks = marksOf(timelineId, history);
    this.#known.set(timelineId, marks);
    return marks;
  }

  /** A directory that was copied anew may hold another timeline of the same number. */
  forget(): void {
    this.#known.clear();
  }

  async #read(timelineId: TimelineId): Promise<TimelineHistory | undefined> {
    const file = join(this.#walDirectory, historyFileName(timelineId));
    const text = await readFile(file, 'utf8').catch(() => undefined);
    return text === undefined ? undefined : parseTimelineHistory(text);
  }
}
