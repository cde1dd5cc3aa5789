/** What another repmgrd is given of the own WAL: the own server is down, or receives nothing, while it asks. */
import { join } from 'node:path';
import type { WalAnswer, WalRequest } from '../../api/wal-request.ts';
import { limits } from '../../limits.ts';
import type { Lsn } from '../../model/lsn.ts';
import { historyFileName } from '../../model/timeline.ts';
import { readHistoryFile, readParts, writtenUpTo } from '../../postgres/wal-tail.ts';
import type { ServerPlace } from '../observe/server-place.ts';

/** Never throws: what cannot be read is refused. */
export async function readWalTail(request: WalRequest, place: ServerPlace): Promise<WalAnswer> {
  const walDirectory = join(place.dataDirectory, place.version.capabilities.walNames.directory);
  try {
    return request.kind === 'history'
      ? await readHistory(request, walDirectory)
      : await readRange(request, walDirectory);
  } catch (error) {
    return { kind: 'refused', reason: error instanceof Error ? error.message : String(error) };
  }
}

async function readHistory(
  { timelineId }: Extract<WalRequest, { readonly kind: 'history' }>,
  walDirectory: string,
): Promise<WalAnswer> {
  const content = await readHistoryFile(walDirectory, timelineId);
  if (content === undefined) {
    return { kind: 'refused', reason: `${historyFileName(timelineId)} is not there` };
  }
  return { kind: 'bytes', length: content.length, bytes: onlyPiece(content) };
}

async function readRange(
  { timelineId, fromLsn, toLsn }: Extract<WalRequest, { readonly kind: 'range' }>,
  walDirectory: string,
): Promise<WalAnswer> {
  const from = BigInt(fromLsn) as Lsn;
  const wished = BigInt(Math.min(toLsn, fromLsn + limits.walRangeBytes)) as Lsn;
  const to = await writtenUpTo(walDirectory, timelineId, from, wished);
  const length = Number(to - from);
  if (length === 0) return { kind: 'refused', reason: 'there is no WAL of this timeline at this position' };
  return { kind: 'bytes', length, bytes: pieces(walDirectory, timelineId, from, to) };
}

async function* pieces(
  ...[walDirectory, timelineId, from, to]: Parameters<typeof readParts>
): AsyncGenerator<Buffer> {
  for await (const { fromLsn, bytes } of readParts(walDirectory, timelineId, from, to)) {
    yield bytes.subarray(0, Number(to - fromLsn));
  }
}

// oxlint-disable-next-line require-await -- an iterable that has its only piece at once
async function* onlyPiece(content: Buffer): AsyncGenerator<Buffer> {
  yield content;
}
