/** Keeps the WAL receiver away, provenly, over restarts too; and lets it come back (rule 3). */
import { RepmgrError } from '../../errors.ts';
import type { ActionResult } from '../../failover/events.ts';
import { limits } from '../../limits.ts';
import { findPostmaster, type Postmaster } from '../../postgres/postmaster.ts';
import { walReceiversOf } from '../../postgres/wal-receiver-process.ts';
import { monotonicMs, waitUntil } from '../../system/clock.ts';
import { type OwnServer, type PerformContext, requireServer } from './context.ts';
import { lookAtWal } from './end-of-wal.ts';
import { unknownEnd } from '../observe/end-of-wal.ts';
import { markOf } from './freeze-proof.ts';
import { delayRetries, flushUpstream, longPause, noUpstream } from './receiver-settings.ts';
import { signal as signalProcess } from './reload.ts';
import { RetryPause } from './retry-pause.ts';
import { useUpstream } from './use-upstream.ts';

/** @throws Error where the receiver does not end, or the settings cannot be written */
export async function freeze(context: PerformContext): Promise<ActionResult> {
  const { server } = context;
  if (server === undefined) return { kind: 'frozen', ...unknownEnd };
  // On disk before it is said, and in force meanwhile.
  await noUpstream(server, { isDurable: false });
  await delayRetries(server);
  await Promise.all([flushUpstream(server), endReceiver(context, server)]);
  return { kind: 'frozen', ...(await lookAtWal(context, server)) };
}

async function endReceiver(context: PerformContext, server: OwnServer): Promise<void> {
  const { freezeProof } = context;
  const postmaster = await findPostmaster(server.dataDirectory);
  if (postmaster === undefined || (await isAlreadyFrozen(context, server))) return;
  const mark = await markOf(server, postmaster);
  if (await freezeProof.holds(mark, postmaster)) return;
  const pause = await RetryPause.before(context, server);
  signalProcess(postmaster.pid, 'SIGHUP');
  await awaitEnd(context, server, postmaster, pause);
  freezeProof.note(mark);
}

/** Up to 12 a reload makes the startup process try once more: where the long pause is in force it must not be woken. */
async function isAlreadyFrozen({ connections, signal }: PerformContext, server: OwnServer): Promise<boolean> {
  if (server.version.capabilities.canReloadPrimaryConninfo) return false;
  const postmaster = await findPostmaster(server.dataDirectory);
  if (postmaster === undefined || (await walReceiversOf(postmaster.pid)).length > 0) return false;
  try {
    const connection = await connections.get('control');
    const sql = "SELECT current_setting('wal_retrieve_retry_interval') AS pause";
    const [row] = await connection.query<{ pause: string }>(sql, [], { deadlineMs: limits.freezeMs, signal });
    return row?.pause === longPause;
  } catch (error) {
    if (error instanceof RepmgrError && error.code !== 'interrupted') return false;
    throw error;
  }
}

/** The setting as it was observed before the freeze. */
export async function unfreeze(context: PerformContext, primaryConninfo: string): Promise<ActionResult> {
  const server = requireServer(context);
  await useUpstream(context, server, { primary_conninfo: primaryConninfo });
  return { kind: 'done' };
}

/**
 * Waits until no receiver is there, and none comes back. The startup process ends it by itself when it next needs WAL;
 * where it is busy with something else, a signal does. A signal before that would only start the next one.
 */
async function awaitEnd(
  { signal }: PerformContext,
  { version }: OwnServer,
  { pid }: Postmaster,
  pause: RetryPause | undefined,
): Promise<void> {
  const beganAtMs = monotonicMs();
  const isReloadable = version.capabilities.canReloadPrimaryConninfo;
  const graceMs = isReloadable ? limits.receiverEndsItselfMs : 0;
  const proofMs = isReloadable ? limits.noReceiverProofMs : limits.noReceiverProofUnloadedMs;
  let absentSinceMs: number | undefined;
  const isProven = await waitUntil(
    async () => {
      const receivers = await walReceiversOf(pid);
      const now = monotonicMs();
      if (receivers.length > 0) {
        absentSinceMs = undefined;
        if (now - beganAtMs >= graceMs) for (const receiver of receivers) signalProcess(receiver, 'SIGTERM');
        return undefined;
      }
      absentSinceMs ??= now;
      const absentMs = now - absentSinceMs;
      if (absentMs >= proofMs) return true;
      const isPausing = absentMs >= limits.noReceiverProofMs && (await pause?.hasBegun()) === true;
      // It may have begun with a receiver that came since this look.
      return isPausing && (await walReceiversOf(pid)).length === 0 ? true : undefined;
    },
    { deadlineMs: limits.freezeMs, intervalMs: limits.receiverLookMs, signal },
  );
  if (isProven !== true) throw new Error('the WAL receiver does not end');
}
