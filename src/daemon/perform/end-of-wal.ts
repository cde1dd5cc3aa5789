/** Where the WAL of the own server ends right now, as results of actions tell it. */
import { findPostmaster } from '../../postgres/postmaster.ts';
import { ownStatus } from '../../postgres/queries/own-status.ts';
import { limits } from '../../limits.ts';
import { type EndOfWal, unknownEnd } from '../observe/end-of-wal.ts';
import type { OwnServer, PerformContext } from './context.ts';

/**
 * Asks a server that runs, else reads its files: what cannot be read is not known.
 * @throws RepmgrError interrupted
 */
export async function lookAtWal(context: PerformContext, server: OwnServer): Promise<EndOfWal> {
  try {
    const postmaster = await findPostmaster(server.dataDirectory);
    // One that starts, or lets nobody in for good (hot_standby=off), answers nothing: its files are asked.
    const answers = postmaster !== undefined && !['starting', 'standby'].includes(postmaster.lockFile.status);
    return answers ? await ofRunning(context) : await context.walEnd.inFiles();
  } catch (error) {
    if (context.signal.aborted) throw error;
    context.log.debug(`the end of the WAL cannot be read: ${String(error)}`);
    return unknownEnd;
  }
}

async function ofRunning({ connections, walEnd, signal }: PerformContext): Promise<EndOfWal> {
  const connection = await connections.get('control');
  return await walEnd.ofRunning(await ownStatus(connection, { deadlineMs: limits.ownAnswerMs, signal }));
}
