/**
 * Fetches from another repmgrd the WAL that this node lacks, before it is promoted (rule 8): the history files first,
 * since PostgreSQL takes no notice of WAL on a timeline without one.
 */
import { join } from 'node:path';
import type { Action } from '../../failover/actions.ts';
import type { ActionResult } from '../../failover/events.ts';
import type { LsnBytes, Position } from '../../failover/position.ts';
import { limits } from '../../limits.ts';
import { formatLsn, type Lsn } from '../../model/lsn.ts';
import { parseTimelineHistory, type TimelineId } from '../../model/timeline.ts';
import { ownStatus } from '../../postgres/queries/own-status.ts';
import {
  pageStart,
  readHistoryFile,
  readParts,
  segmentBytesIn,
  walPageBytes,
  writeHistoryFile,
  writePart,
} from '../../postgres/wal-tail.ts';
import { waitUntil } from '../../system/clock.ts';
import { type OwnServer, type PerformContext, requireServer } from './context.ts';
import { lookAtWal } from './end-of-wal.ts';
import { reload } from './reload.ts';

type Fetch = Extract<Action, { readonly kind: 'fetchWal' }>;

interface Source {
  ask(request: Parameters<PerformContext['fetchWal']>[1]): Promise<Buffer>;
}

/** A part of one segment, on the timeline of the file that the source has for it. */
interface MissingPart {
  readonly timelineId: TimelineId;
  readonly fromLsn: Lsn;
  readonly toLsn: Lsn;
}

/** @throws Error where the WAL cannot be had whole, in time, or does not continue the own */
export async function fetchWal(context: PerformContext, action: Fetch): Promise<ActionResult> {
  const server = requireServer(context);
  const walDirectory = join(server.dataDirectory, server.version.capabilities.walNames.directory);
  const own = await lookAtWal(context, server);
  const segmentBytes = await segmentBytesIn(walDirectory);
  const tip = own.timeline?.at(-1);
  if (own.endOfWal === null || tip === undefined || segmentBytes === undefined) {
    throw new Error('the end of the own WAL is not known');
  }
  refuseTooMuch(own.endOfWal, action.position, context.config.walTailMaxBytes);
  const source = sourceOf(context, action);
  const isOnNewTimeline = await fetchHistories(source, walDirectory, action.position);
  const from = BigInt(own.endOfWal) as Lsn;
  for (const part of missingParts(from, tip.timelineId, action.position, segmentBytes)) {
    const bytes = await source.ask({
      kind: 'range',
      timelineId: part.timelineId,
      fromLsn: Number(part.fromLsn) as LsnBytes,
      toLsn: Number(part.toLsn) as LsnBytes,
    });
    if (bytes.length < Number(part.toLsn - part.fromLsn)) {
      throw new Error(`WAL from ${formatLsn(part.fromLsn)} on is not whole on node ${action.from}`);
    }
    await refuseOther(walDirectory, { ...part, toLsn: from }, bytes);
    await writePart(walDirectory, segmentBytes, { ...part, bytes });
  }
  if (isOnNewTimeline) await awaitReplay(context, server, action.position);
  context.walEnd.forgetEnd();
  // Its owner has read all of it: to check each record once more would take as long as to fetch it.
  if (action.position.isExact) context.walEnd.noteFlushed(BigInt(action.position.lsn) as Lsn);
  return { kind: 'walFetched', ...(await lookAtWal(context, server)) };
}

function refuseTooMuch(from: LsnBytes, { lsn }: Position, maxBytes: number): void {
  if (lsn - from > maxBytes) {
    throw new Error(`${lsn - from} bytes of WAL are missing, more than wal_tail_max (${maxBytes})`);
  }
}

/** All of it within the time-out, and nothing believed before its end has come. */
function sourceOf({ config, fetchWal: fetch, signal }: PerformContext, { from }: Fetch): Source {
  const inTime = AbortSignal.any([signal, AbortSignal.timeout(config.walTailTimeoutMs)]);
  return {
    async ask(request) {
      const answer = await fetch(from, request, inTime);
      if (answer.kind === 'refused') throw new Error(`node ${from} does not give its WAL: ${answer.reason}`);
      if (answer.length > limits.walRangeBytes) throw new Error(`node ${from} sends too much WAL`);
      const pieces: Uint8Array[] = [];
      for await (const piece of answer.bytes) pieces.push(piece);
      return Buffer.concat(pieces);
    },
  };
}

/** @returns whether there was one that this node did not have */
async function fetchHistories(source: Source, walDirectory: string, { path }: Position): Promise<boolean> {
  let isAnyNew = false;
  for (const { timelineId } of path.filter((step) => step.timelineId !== 1)) {
    if ((await readHistoryFile(walDirectory, timelineId)) !== undefined) continue;
    const content = await source.ask({ kind: 'history', timelineId });
    if (parseTimelineHistory(content.toString('utf8')) === undefined) {
      throw new Error(`the history of timeline ${timelineId} makes no sense`);
    }
    await writeHistoryFile(walDirectory, timelineId, content);
    isAnyNew = true;
  }
  return isAnyNew;
}

/**
 * The startup process looks for new timelines before it sleeps, not when a promotion wakes it: it would end without the
 * WAL on this one. Reading the settings again wakes it too.
 */
async function awaitReplay(context: PerformContext, server: OwnServer, { lsn }: Position): Promise<void> {
  const { config, connections, signal } = context;
  const isReplayed = await waitUntil(
    async () => {
      await reload(server);
      const control = await connections.get('control');
      const { replayedLsn } = await ownStatus(control, { deadlineMs: limits.ownAnswerMs, signal });
      return replayedLsn !== undefined && replayedLsn >= BigInt(lsn) ? true : undefined;
    },
    { deadlineMs: config.walTailTimeoutMs, intervalMs: limits.pollMs, signal },
  );
  if (isReplayed !== true) throw new Error('the WAL of a new timeline is not replayed in time');
}

/**
 * Pure: the parts of segments from the page on in which the own WAL ends. A segment in which a timeline began is
 * taken whole from that timeline's file, which PostgreSQL prefers; up to the fork both hold the same.
 */
export function missingParts(
  from: Lsn,
  ownTip: TimelineId,
  { path, lsn }: Pick<Position, 'path' | 'lsn'>,
  segmentBytes: number,
): readonly MissingPart[] {
  const parts: MissingPart[] = [];
  const bytesAtOnce = BigInt(Math.min(segmentBytes, limits.walRangeBytes));
  const end = BigInt(lsn);
  for (let segment = from - (from % BigInt(segmentBytes)); segment < end; segment += BigInt(segmentBytes)) {
    const segmentEnd = earliest(segment + BigInt(segmentBytes), end);
    const timelineId = path.findLast(({ beganAt }) => BigInt(beganAt) < segmentEnd)?.timelineId;
    if (timelineId === undefined) continue;
    for (let at = segment; at < segmentEnd; at += bytesAtOnce) {
      const toLsn = earliest(at + bytesAtOnce, segmentEnd);
      const isOwnFile = timelineId === ownTip;
      if (isOwnFile && toLsn <= from) continue;
      const fromLsn = isOwnFile && at < from ? pageStart(from) : (at as Lsn);
      parts.push({ timelineId, fromLsn, toLsn: toLsn as Lsn });
    }
  }
  return parts;
}

function earliest(one: bigint, other: bigint): bigint {
  return one < other ? one : other;
}

/** What both have must be the same: numbers alone do not tell two timelines apart. */
async function refuseOther(walDirectory: string, own: MissingPart, bytes: Buffer): Promise<void> {
  if (own.toLsn <= own.fromLsn || own.toLsn - own.fromLsn > BigInt(walPageBytes)) return;
  const { timelineId, fromLsn, toLsn } = own;
  for await (const part of readParts(walDirectory, timelineId, fromLsn, toLsn)) {
    const length = Number(toLsn - fromLsn);
    if (!part.bytes.subarray(0, length).equals(bytes.subarray(0, length))) {
      throw new Error('the WAL does not continue the own: both differ where they should be the same');
    }
    return;
  }
}
