/** A small record of WAL, so that a standby which flushes it is known to be in contact (rule 5). */
import type { ActionResult } from '../../failover/events.ts';
import { limits } from '../../limits.ts';
import { flushSmallRecord } from '../../postgres/queries/flush.ts';
import { lsnBytes } from '../observe/wal-marks.ts';
import type { PerformContext } from './context.ts';

/** @throws RepmgrError where the server, or its disk, does not answer in time */
export async function writeWal({ connections, walEnd, signal }: PerformContext): Promise<ActionResult> {
  const connection = await connections.get('flush');
  const options = { deadlineMs: limits.ownAnswerMs, signal };
  const { flushedLsn, recordEnd } = await flushSmallRecord(connection, options);
  walEnd.noteFlushed(recordEnd);
  return { kind: 'walWritten', flushedLsn: lsnBytes(flushedLsn) };
}
