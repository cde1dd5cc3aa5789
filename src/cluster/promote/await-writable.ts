/** Waits until a server that was told to promote accepts writes, and says what it is busy with until then. */
import { RepmgrError } from '../../errors.ts';
import { limits } from '../../limits.ts';
import type { Logger } from '../../log/logger.ts';
import { bytesBetween, formatLsn } from '../../model/lsn.ts';
import { formatSize } from '../../model/size.ts';
import { connect, type Connection, type QueryOptions } from '../../postgres/connection.ts';
import {
  type ReplayProgress,
  replayProgress,
  type Writability,
  writability,
} from '../../postgres/queries/promotion.ts';
import { monotonicMs, waitUntil } from '../../system/clock.ts';

export interface WritableWait {
  readonly conninfo: string;
  readonly deadlineMs: number;
  readonly intervalMs: number;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** The connection of the last look where there is one; the caller closes it. */
export interface WritableLook {
  readonly connection: Connection | undefined;
  readonly state: Writability | 'unreachable';
  /** What the server is busy with, or why it does not answer; empty where it is writable. */
  readonly waitsFor: string;
}

/**
 * Looks often at first, since a healthy server takes some 25 ms, then in the interval that was asked for; every ten
 * seconds a NOTICE says what is waited for. A lost connection is opened again.
 * @returns the last look, after `deadlineMs` at the latest (and the time for one answer)
 * @throws RepmgrError interrupted
 */
export async function awaitWritable(connection: Connection, wait: WritableWait): Promise<WritableLook> {
  const { deadlineMs, intervalMs, signal, log } = wait;
  const startedAtMs = monotonicMs();
  let reportedAtMs = startedAtMs;
  let last: WritableLook = { connection, state: 'in recovery', waitsFor: '' };
  const look = async (): Promise<WritableLook | undefined> => {
    last = await lookOnce(last.connection, wait);
    if (last.state === 'writable') return last;
    if (monotonicMs() - reportedAtMs >= limits.progressLineMs) {
      last = await explain(last, wait);
      log.notice(`still waiting until the server accepts writes: ${last.waitsFor}`);
      reportedAtMs = monotonicMs();
    }
    return undefined;
  };
  const often = { deadlineMs: Math.min(deadlineMs, intervalMs), intervalMs: limits.promotionLookMs, signal };
  if ((await waitUntil(look, often)) === undefined) {
    await waitUntil(look, { deadlineMs: startedAtMs + deadlineMs - monotonicMs(), intervalMs, signal });
  }
  return await explain(last, wait);
}

function lookOnce(open: Connection | undefined, wait: WritableWait): Promise<WritableLook> {
  return withConnection(open, wait, async (connection, options) => {
    const state = await writability(connection, options);
    const waitsFor = state === 'read only' ? 'it is a primary, but default_transaction_read_only is on' : '';
    return { connection, state, waitsFor };
  });
}

/** Asks what a server that is still in recovery is busy with. */
async function explain(look: WritableLook, wait: WritableWait): Promise<WritableLook> {
  if (look.state !== 'in recovery' || look.connection === undefined) return look;
  return await withConnection(look.connection, wait, async (connection, options) => ({
    ...look,
    waitsFor: inWords(await replayProgress(connection, options)),
  }));
}

async function withConnection(
  open: Connection | undefined,
  { conninfo, signal }: WritableWait,
  ask: (connection: Connection, options: QueryOptions) => Promise<WritableLook>,
): Promise<WritableLook> {
  const options = { deadlineMs: limits.promotionAnswerMs, signal };
  let connection = open;
  try {
    connection ??= await connect(conninfo, options);
    return await ask(connection, options);
  } catch (error) {
    if (!(error instanceof RepmgrError) || error.code === 'interrupted') throw error;
    await connection?.close();
    return {
      connection: undefined,
      state: 'unreachable',
      waitsFor: `it does not answer (${error.message})`,
    };
  }
}

/** Pure: what a server that is still in recovery waits for. */
export function inWords({ receivedLsn, replayedLsn, waitsFor, snapshotHolders }: ReplayProgress): string {
  const isConflict = waitsFor?.startsWith('RecoveryConflict') === true || waitsFor === 'BufferPin';
  const missing =
    receivedLsn === undefined || replayedLsn === undefined ? 0 : bytesBetween(replayedLsn, receivedLsn);
  const progress =
    replayedLsn === undefined || receivedLsn === undefined || missing <= 0
      ? 'it ends its recovery'
      : `it replays WAL, ${formatSize(missing)} are left (${formatLsn(replayedLsn)} of ${formatLsn(receivedLsn)})`;
  if (snapshotHolders.length === 0 || (!isConflict && missing <= 0)) return progress;
  const sessions = `sessions with open transactions: ${snapshotHolders.join(', ')}`;
  return isConflict
    ? `${progress}; replay is held up (${waitsFor}) by one of the ${sessions}`
    : `${progress}; ${sessions}`;
}
