/**
 * Whether WAL is the primary's own, where the numbers of timelines say so and nobody remembers who made them: a standby
 * that went on by itself while its repmgrd was away has it from a server that follows the new primary already.
 */
import { join } from 'node:path';
import type { LsnBytes } from '../../failover/position.ts';
import { limits } from '../../limits.ts';
import type { Lsn } from '../../model/lsn.ts';
import type { NodeId } from '../../model/node.ts';
import type { TimelineId } from '../../model/timeline.ts';
import { pageStart, readParts } from '../../postgres/wal-tail.ts';
import type { OwnServer, PerformContext } from './context.ts';

/** What the own server has of its newest timeline. */
export interface NewestWal {
  readonly timelineId: TimelineId;
  readonly beganAt: Lsn;
  readonly endsAt: Lsn;
}

/** Byte by byte. Never throws: what cannot be had of the primary cannot be compared. */
export async function isWalOf(
  context: PerformContext,
  { dataDirectory, version }: OwnServer,
  primary: NodeId,
  { timelineId, beganAt, endsAt }: NewestWal,
): Promise<boolean> {
  if (endsAt <= beganAt || endsAt - beganAt > BigInt(limits.sameWalBytes)) return false;
  const walDirectory = join(dataDirectory, version.capabilities.walNames.directory);
  let comparedTo = pageStart(beganAt);
  try {
    for await (const { fromLsn, bytes } of readParts(walDirectory, timelineId, comparedTo, endsAt)) {
      const own = bytes.subarray(0, Number(endsAt - fromLsn));
      const toLsn = (fromLsn + BigInt(own.length)) as Lsn;
      if (!own.equals(await bytesOf(context, primary, timelineId, fromLsn, toLsn))) return false;
      comparedTo = toLsn;
    }
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    context.log.info('the WAL of the primary could not be compared with the own', { detail });
    return false;
  }
  return comparedTo === endsAt;
}

/** @throws Error where the primary does not give it */
async function bytesOf(
  { fetchWal, signal }: PerformContext,
  primary: NodeId,
  timelineId: TimelineId,
  fromLsn: Lsn,
  toLsn: Lsn,
): Promise<Buffer> {
  const range = { fromLsn: Number(fromLsn) as LsnBytes, toLsn: Number(toLsn) as LsnBytes };
  const answer = await fetchWal(primary, { kind: 'range', timelineId, ...range }, signal);
  if (answer.kind === 'refused') throw new Error(answer.reason);
  const pieces: Uint8Array[] = [];
  for await (const piece of answer.bytes) pieces.push(piece);
  return Buffer.concat(pieces);
}
