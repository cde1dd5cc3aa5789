/** Drops the replication slot of the local server where nobody streams through it any more. */
import { RepmgrError } from '../../errors.ts';
import { limits } from '../../limits.ts';
import type { NodeRecord } from '../../model/node.ts';
import { connect, type Connection } from '../../postgres/connection.ts';
import { dropSlot, listSlots } from '../../postgres/replication-slots.ts';
import { waitUntil } from '../../system/clock.ts';
import { nodeLabel } from '../register/record.ts';
import type { FollowContext } from './context.ts';

/**
 * A walsender may hold the slot for a moment after its standby has gone elsewhere, so a few seconds are given to it.
 * A server that cannot be reached is no error: INFO and a HINT.
 * @returns whether it was dropped
 */
export async function dropFollowSlot({ plan, log }: FollowContext, holder: NodeRecord): Promise<boolean> {
  const name = plan.slot?.name;
  if (name === undefined) return false;
  let connection: Connection | undefined;
  try {
    connection = await connect(holder.conninfo);
    const outcome = await waitUntil(() => tryToDrop(connection, name), { deadlineMs: limits.slotReleaseMs });
    if (outcome === 'dropped') {
      log.info(`replication slot "${name}" on node ${nodeLabel(holder)} was dropped`);
      return true;
    }
    if (outcome === undefined) {
      log.warning(`replication slot "${name}" on node ${nodeLabel(holder)} is still in use`, {
        hint: hintFor(name),
      });
    }
    return false;
  } catch (error) {
    if (!(error instanceof RepmgrError)) throw error;
    log.info(`replication slot "${name}" on node ${nodeLabel(holder)} could not be looked for`, {
      detail: error.message,
      hint: hintFor(name),
    });
    return false;
  } finally {
    await connection?.close();
  }
}

async function tryToDrop(
  connection: Connection | undefined,
  name: string,
): Promise<'dropped' | 'absent' | undefined> {
  if (connection?.version.capabilities.hasReplicationSlots !== true) return 'absent';
  if (await dropSlot(connection, name)) return 'dropped';
  return (await listSlots(connection)).some((slot) => slot.name === name) ? undefined : 'absent';
}

function hintFor(name: string): string {
  return `If it is there, it keeps WAL for nobody; drop it there: SELECT pg_drop_replication_slot('${name}');`;
}
