/** Asks the PostgreSQL of other nodes over SQL what they are right now: each by a connection of its own, all at once. */
import { RepmgrError } from '../../errors.ts';
import type { ActionResult } from '../../failover/events.ts';
import type { PeerAnswer } from '../../failover/server-observation.ts';
import type { Conninfo } from '../../model/conninfo.ts';
import type { NodeId } from '../../model/node.ts';
import { connect, type Connection } from '../../postgres/connection.ts';
import type { AttemptFailure } from '../../postgres/connection-attempt.ts';
import { attemptFailureOf } from '../../postgres/connection-failure.ts';
import { recoveryState } from '../../postgres/queries/recovery-state.ts';
import { monotonicMs } from '../../system/clock.ts';
import type { PerformContext } from './context.ts';

/** Nodes that are not recorded are silent. Never throws but when interrupted. */
export async function askServers(
  { addresses, nodes: recorded, signal }: PerformContext,
  nodes: readonly NodeId[],
  withinMs: number,
): Promise<ActionResult> {
  const rows = recorded();
  const answers = await Promise.all(
    nodes.map(async (node) => {
      const conninfo = rows.find(({ id }) => id === node)?.conninfo;
      const answer = !conninfo ? 'silent' : await ask(addresses.addressed(conninfo), withinMs, signal);
      return [node, answer] as const;
    }),
  );
  return { kind: 'serversAnswered', answers };
}

async function ask(conninfo: Conninfo, withinMs: number, signal: AbortSignal): Promise<PeerAnswer> {
  const endsAtMs = monotonicMs() + withinMs;
  let connection: Connection | undefined;
  try {
    connection = await connect(conninfo, { deadlineMs: withinMs, signal });
    const deadlineMs = Math.max(1, endsAtMs - monotonicMs());
    const { isInRecovery } = await recoveryState(connection, { deadlineMs, signal });
    return isInRecovery ? 'inRecovery' : 'writable';
  } catch (error) {
    if (!(error instanceof RepmgrError) || error.code === 'interrupted') throw error;
    // Connected, and then no answer: as silent as one that hangs.
    return connection === undefined ? answerOf(attemptFailureOf(error)) : 'silent';
  } finally {
    // Nobody waits for the goodbye.
    void connection?.close();
  }
}

/**
 * Pure: a server that says no is alive, whatever the reason; one that cannot accept connections yet says so with a code
 * of its own, which one that is shutting down has too.
 */
export function answerOf(failed: AttemptFailure | undefined): PeerAnswer {
  switch (failed?.kind) {
    case 'refused':
      return failed.code === '57P03' && !/shutting down/.test(failed.reason) ? 'starting' : 'alive';
    case 'password':
    case 'encryption':
      return 'alive';
    case 'unreachable':
    case 'timeout':
    case 'not_postgresql':
    case 'role':
    case undefined:
      return 'silent';
  }
}
