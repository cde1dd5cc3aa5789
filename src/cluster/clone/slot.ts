/** Makes the replication slot of the new standby, and drops it again when the clone fails. */
import { RepmgrError } from '../../errors.ts';
import { limits } from '../../limits.ts';
import { connect } from '../../postgres/connection.ts';
import { createSlot, dropSlot } from '../../postgres/replication-slots.ts';
import { waitUntil } from '../../system/clock.ts';
import type { CloneContext, Undo } from './context.ts';
import type { PlannedSlot } from './plan-slot.ts';

type SlotContext = Pick<CloneContext, 'log' | 'signal'> & {
  readonly plan: { readonly slot: PlannedSlot | undefined };
};

/** @throws RepmgrError slot_unavailable, of connecting */
export async function createPlannedSlot(context: SlotContext, undos: Undo[]): Promise<void> {
  const { slot } = context.plan;
  if (slot === undefined) return;
  const connection = await connect(slot.holder, { signal: context.signal });
  try {
    if (await createSlot(connection, slot.name)) undos.push(() => dropPlannedSlot(slot, context));
  } finally {
    await connection.close();
  }
}

/** A walsender may hold the slot for a moment after its client has gone. */
async function dropPlannedSlot(slot: PlannedSlot, { log }: SlotContext): Promise<void> {
  try {
    const connection = await connect(slot.holder);
    try {
      const isDropped = await waitUntil(
        async () => ((await dropSlot(connection, slot.name)) ? true : undefined),
        { deadlineMs: limits.slotReleaseMs },
      );
      if (isDropped === true) log.notice(`replication slot "${slot.name}" was dropped again`);
      else warnOfSlot(slot, log, 'It is still in use.');
    } finally {
      await connection.close();
    }
  } catch (error) {
    warnOfSlot(slot, log, error instanceof RepmgrError ? (error.detail ?? error.message) : String(error));
  }
}

function warnOfSlot({ name, holderName }: PlannedSlot, log: CloneContext['log'], detail: string): void {
  log.warning(`replication slot "${name}" could not be dropped on ${holderName}`, {
    detail,
    hint: `It keeps WAL until it is dropped there: SELECT pg_drop_replication_slot('${name}');`,
  });
}
