/** The slot of this node on the node that it follows: there before the WAL receiver needs it. */
import { limits } from '../../limits.ts';
import { type NodeRecord, replicationSlotName } from '../../model/node.ts';
import { connect } from '../../postgres/connection.ts';
import { createSlot, listSlots } from '../../postgres/replication-slots.ts';
import type { PerformContext } from './context.ts';

/** @throws RepmgrError slot_unavailable, or of connecting */
export async function prepareSlot(
  { config, self, addresses, signal }: PerformContext,
  upstream: NodeRecord,
): Promise<void> {
  if (!config.useReplicationSlots) return;
  const name = replicationSlotName(self);
  const options = { deadlineMs: limits.slotPreparationMs, signal };
  const connection = await connect(addresses.addressed(upstream.conninfo), options);
  try {
    const existing = (await listSlots(connection)).find((slot) => slot.name === name);
    // A walsender of this node's own, which has not noticed that it is gone.
    if (existing?.isActive === true && existing.kind === 'physical') return;
    await createSlot(connection, name);
  } finally {
    await connection.close();
  }
}
