/**
 * Timelines: each promotion begins a new one, and its history file says where it left its ancestors. Comparing two
 * histories tells whether one server can follow another, or has written what the other has not.
 */
import type { Brand } from './brand.ts';
import { earlierLsn, type Lsn, parseLsn } from './lsn.ts';

export type TimelineId = Brand<number, 'TimelineId'>;

/** An ancestor timeline, and the LSN at which the next one left it. */
export interface TimelineSwitch {
  readonly timelineId: TimelineId;
  readonly endedAt: Lsn;
  readonly reason: string;
}

/** The ancestors of one timeline, oldest first; empty for timeline 1. */
export type TimelineHistory = readonly TimelineSwitch[];

/** Where a server stands: its timeline and how it came there. */
export interface TimelinePath {
  readonly timelineId: TimelineId;
  readonly history: TimelineHistory;
}

/** The last point that two servers have in common. */
export interface Divergence {
  readonly timelineId: TimelineId;
  /** Undefined: neither of them left this timeline, so both are still on it. */
  readonly divergedAt: Lsn | undefined;
}

/** @returns undefined where `value` is no integer from 1 to 4294967295 */
export function toTimelineId(value: number): TimelineId | undefined {
  return Number.isInteger(value) && value >= 1 && value <= 0xffff_ffff ? (value as TimelineId) : undefined;
}

/** The name of a timeline's history file in pg_wal and in archives: `00000002.history`. */
export function historyFileName(timelineId: TimelineId): string {
  return `${timelineId.toString(16).toUpperCase().padStart(8, '0')}.history`;
}

/**
 * Reads a history file, or the answer to TIMELINE_HISTORY; comments and blank lines are skipped.
 * @returns undefined where a line is malformed, or the timelines do not grow: PostgreSQL refuses such a file too
 */
export function parseTimelineHistory(text: string): TimelineHistory | undefined {
  const switches: TimelineSwitch[] = [];
  for (const line of text.split(/\r?\n/)) {
    if (/^\s*(#|$)/.test(line)) {
      continue;
    }
    const match = /^\s*(\d+)\s+([0-9A-Fa-f]+\/[0-9A-Fa-f]+)\s*(.*)$/.exec(line);
    const timelineId = toTimelineId(Number(match?.[1]));
    const endedAt = parseLsn(match?.[2] ?? '');
    const previous = switches.at(-1);
    if (timelineId === undefined || endedAt === undefined) {
      return undefined;
    }
    if (previous !== undefined && previous.timelineId >= timelineId) {
      return undefined;
    }
    switches.push({ timelineId, endedAt, reason: match?.[3] ?? '' });
  }
  return switches;
}

/** Where `timeline` was left in this history; undefined where it is no ancestor. */
export function forkPointOf(history: TimelineHistory, timeline: TimelineId): Lsn | undefined {
  return history.find((entry) => entry.timelineId === timeline)?.endedAt;
}

/**
 * The last timeline that both have, from the same beginning, and where the first of them left it; as pg_rewind
 * finds it.
 * @returns undefined where they share nothing: two different clusters, or a history that was cut short
 */
export function findDivergence(one: TimelinePath, other: TimelinePath): Divergence | undefined {
  const ours = stretches(one);
  const theirs = stretches(other);
  let common: Divergence | undefined;
  for (const [index, stretch] of ours.entries()) {
    const counterpart = theirs[index];
    if (counterpart?.timelineId !== stretch.timelineId || counterpart.beganAt !== stretch.beganAt) {
      break;
    }
    common = {
      timelineId: stretch.timelineId,
      divergedAt: earliest(stretch.endedAt, counterpart.endedAt),
    };
  }
  return common;
}

/**
 * Whether a server that has WAL up to `lsn` can stream from the other one without a rewind: it wrote nothing on its
 * timeline that lies beyond the point where the other left it.
 */
export function canFollow(standby: TimelinePath & { readonly lsn: Lsn }, upstream: TimelinePath): boolean {
  const divergence = findDivergence(standby, upstream);
  return (
    divergence !== undefined &&
    divergence.timelineId === standby.timelineId &&
    (divergence.divergedAt === undefined || standby.lsn <= divergence.divergedAt)
  );
}

interface Stretch {
  readonly timelineId: TimelineId;
  readonly beganAt: Lsn | undefined;
  readonly endedAt: Lsn | undefined;
}

function stretches({ timelineId, history }: TimelinePath): readonly Stretch[] {
  const ends = [...history, { timelineId, endedAt: undefined }];
  return ends.map((end, index) => ({
    timelineId: end.timelineId,
    beganAt: history[index - 1]?.endedAt,
    endedAt: end.endedAt,
  }));
}

function earliest(one: Lsn | undefined, other: Lsn | undefined): Lsn | undefined {
  if (one === undefined || other === undefined) {
    return one ?? other;
  }
  return earlierLsn(one, other);
}
