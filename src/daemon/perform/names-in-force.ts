/**
 * Whether a standby's checkpointer has read the settings anew: it is what tells all backends that commits have to wait,
 * and no probe can be made before the promotion.
 */
import { limits } from '../../limits.ts';
import type { Connection } from '../../postgres/connection.ts';
import { checkpointerWaitsFor } from '../../postgres/queries/synchronous.ts';
import { monotonicMs, waitUntil } from '../../system/clock.ts';

/** Where it waits it has read what it was told before; after a signal it needs a moment to wake. */
const wakesWithinMs: Readonly<Record<string, number>> = { CheckpointerMain: 20, CheckpointWriteDelay: 150 };

/** @returns whether it was seen within 5 s; call it after the reload */
export async function hasReloaded(control: Connection, signal: AbortSignal): Promise<boolean> {
  const toldAtMs = monotonicMs();
  const options = { deadlineMs: limits.ownAnswerMs, signal };
  const look = async (): Promise<true | undefined> => {
    const place = await checkpointerWaitsFor(control, options);
    const neededMs = place === undefined ? undefined : wakesWithinMs[place];
    return neededMs !== undefined && monotonicMs() - toldAtMs >= neededMs ? true : undefined;
  };
  const wait = { deadlineMs: limits.ownAnswerMs, intervalMs: limits.startLookMs, signal };
  return (await waitUntil(look, wait)) === true;
}
