/** Looks after the connection of a backup while others copy its files: with it the backup and its slot would be gone. */
import { failure, RepmgrError } from '../../errors.ts';
import { limits } from '../../limits.ts';
import type { Connection } from '../../postgres/connection.ts';

/**
 * Does the work, which is told to stop by its signal when the connection is lost.
 * @throws RepmgrError base_backup_failed then; whatever the work throws
 */
export async function whileConnected<Result>(
  connection: Connection,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const lost = new AbortController();
  connection.whenLost((reason) => lost.abort(reason));
  // A host that is gone is noticed by what it does not answer.
  let isAsking = false;
  const timer = setInterval(() => {
    if (isAsking) return;
    isAsking = true;
    connection.query('SELECT 1', [], { deadlineMs: limits.baseBackupSilenceMs }).then(
      () => {
        isAsking = false;
      },
      (error: unknown) => lost.abort(error),
    );
  }, limits.backupWatchMs);
  try {
    return await work(AbortSignal.any([signal, lost.signal]));
  } catch (error) {
    // What goes wrong over SSH because the host is gone is better told by the connection to its server.
    throw signal.aborted ? error : await asLoss(connection, lost.signal, error);
  } finally {
    clearInterval(timer);
  }
}

async function asLoss(connection: Connection, { reason }: AbortSignal, error: unknown): Promise<unknown> {
  const cause: unknown =
    reason ??
    (await connection.query('SELECT 1', [], { deadlineMs: limits.backupWatchMs }).then(
      () => undefined,
      (found: unknown) => found,
    ));
  if (!(cause instanceof RepmgrError)) return error;
  return failure('base_backup_failed', {
    message: 'the source broke off the base backup',
    detail: [cause.message, cause.detail].filter(Boolean).join(': '),
    hint: 'Look into the log of the source server; clone again when it is back.',
    cause,
  });
}
