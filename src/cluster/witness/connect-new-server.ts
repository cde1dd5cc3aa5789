/** Connects to a server that was just started by its conninfo, as every other node will. */
import { failure, RepmgrError } from '../../errors.ts';
import { limits } from '../../limits.ts';
import type { Conninfo } from '../../model/conninfo.ts';
import { connect, type Connection } from '../../postgres/connection.ts';
import { attemptFailureOf, isUnanswered } from '../../postgres/connection-failure.ts';
import { inspectDataDirectory } from '../../postgres/data-directory.ts';
import { systemIdentifier } from '../../postgres/queries/server.ts';
import { targetName } from '../../postgres/targets.ts';
import { waitUntil } from '../../system/clock.ts';

/** SQLSTATE cannot_connect_now. */
const startingUp = '57P03';

/**
 * The caller closes the connection.
 * @throws RepmgrError witness_unsuitable where another server answers; connection_failed, password_refused, interrupted
 */
export async function connectToNewServer(
  conninfo: Conninfo,
  dataDirectory: string,
  signal: AbortSignal,
): Promise<Connection> {
  let refusal: RepmgrError | undefined;
  const found = await waitUntil(
    async () => {
      try {
        return await connect(conninfo, { signal });
      } catch (error) {
        // A service command may come back before the server listens.
        const isEarly =
          error instanceof RepmgrError &&
          (isUnanswered(error) || attemptFailureOf(error)?.code === startingUp);
        if (!isEarly) throw error;
        refusal = error;
        return undefined;
      }
    },
    { deadlineMs: limits.serverStartMs, signal },
  ).catch((error: unknown) => {
    throw error instanceof RepmgrError && error.code !== 'interrupted' ? closedTo(error) : error;
  });
  if (found === undefined) throw closedTo(refusal);
  const { content } = await inspectDataDirectory(dataDirectory);
  const made = content.kind === 'postgresql' ? content.systemIdentifier : undefined;
  const answered = await systemIdentifier(found);
  if (answered === undefined || answered === made) return found;
  await found.close();
  throw failure('witness_unsuitable', {
    message: 'the conninfo of the witness leads to another server than the one that was made',
    detail: `${targetName(found)} has system identifier ${answered}, the server in "${dataDirectory}" has ${made}.`,
    hint: 'Correct host and port of "conninfo" in repmgr.conf: other nodes reach the witness by it.',
  });
}

function closedTo(error: RepmgrError | undefined): RepmgrError {
  return failure(error?.code ?? 'connection_failed', {
    message: 'the new server runs, but cannot be reached by the conninfo of the witness',
    detail: [error?.message, error?.detail].filter(Boolean).join(': '),
    hint: 'Correct "conninfo" in repmgr.conf, or let the address of the witness in by pg_hba.conf of the primary, whose rules the witness gets.',
    cause: error,
  });
}
