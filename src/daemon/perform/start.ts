/** Starts the own server: read-only, or writable again on the timeline that it was on (rule 9). */
import { access, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { RepmgrError } from '../../errors.ts';
import type { Action } from '../../failover/actions.ts';
import type { ActionResult } from '../../failover/events.ts';
import { limits } from '../../limits.ts';
import { isClosedStandby } from '../../postgres/closed-standby.ts';
import { connect, type Connection } from '../../postgres/connection.ts';
import { readControlFile } from '../../postgres/control-file.ts';
import { restoreSettings } from '../../postgres/kept-settings.ts';
import { findPostmaster, readLockFile } from '../../postgres/postmaster.ts';
import { recoveryState } from '../../postgres/queries/recovery-state.ts';
import { controlServer } from '../../postgres/server-process.ts';
import { autoConf } from '../../postgres/server-settings.ts';
import { waitUntil } from '../../system/clock.ts';
import { findProcess } from '../../system/processes.ts';
import { type OwnServer, type PerformContext, requireServer } from './context.ts';
import { killWhatIsLeft } from './down.ts';
import { refuseTooLate } from './in-time.ts';
import { forgetHold } from './names.ts';
import { allowRetries, noUpstream } from './receiver-settings.ts';
import { signal as signalProcess } from './reload.ts';
import { markAsStandby, unmarkAsStandby } from './standby-mark.ts';

/** @throws Error, RepmgrError where it does not come up as a standby */
export async function startAsStandby(context: PerformContext): Promise<ActionResult> {
  const server = requireServer(context);
  if ((await findPostmaster(server.dataDirectory)) === undefined) {
    await Promise.all([markAsStandby(server), noUpstream(server)]);
    await allowRetries(server);
    await startPrepared(context, server);
    return { kind: 'done' };
  }
  await standbyIsUp(context, server);
  return { kind: 'done' };
}

/** A directory whose settings make it a standby's. @throws Error, RepmgrError where it does not come up as one */
export async function startPrepared(context: PerformContext, server: OwnServer): Promise<void> {
  await restoreSettings(autoConf(server.dataDirectory), ['restart_after_crash'], { isDurable: true });
  await prepareStart(context, server);
  await start(context, server);
  await standbyIsUp(context, server);
}

async function standbyIsUp(context: PerformContext, server: OwnServer): Promise<void> {
  const state = await waitUntilUp(context, server);
  if (state !== 'in recovery') throw new Error('the server is writable, though it was to be a standby');
}

/**
 * The file that makes it read-only is away until PostgreSQL has looked for it.
 * @throws ActionNotBegun where it is too late; Error, RepmgrError where it does not become writable
 */
export async function restartInPlace(
  context: PerformContext,
  action: Extract<Action, { readonly kind: 'restartInPlace' }>,
): Promise<ActionResult> {
  const server = requireServer(context);
  refuseTooLate(context, action);
  await stopReadOnly(context, server);
  await prepareStart(context, server);
  refuseTooLate(context, action);
  await unmarkAsStandby(server);
  // Up to 11 there is no safe start: a recovery.conf beside a primary would be of no use.
  const isSafe = server.version.capabilities.recoverySettingsIn === 'auto.conf';
  const starting = start(context, server);
  await (isSafe ? markOnceStarted(server, starting) : starting);
  if ((await waitUntilUp(context, server)) !== 'writable') throw new Error('the server came up read-only');
  return { kind: 'done' };
}

/** It is up as a standby since somebody started it: a fast shutdown; whatever else there is was left by a crash. */
async function stopReadOnly({ signal }: PerformContext, server: OwnServer): Promise<void> {
  const postmaster = await findPostmaster(server.dataDirectory);
  if (postmaster !== undefined) {
    signalProcess(postmaster.pid, 'SIGINT');
    const isGone = async () =>
      (await findPostmaster(server.dataDirectory)) === undefined ? true : undefined;
    await waitUntil(isGone, { deadlineMs: limits.quitMs, intervalMs: limits.goneLookMs, signal });
  }
  await killWhatIsLeft(server, postmaster);
}

/**
 * Puts standby.signal back as soon as this start looks for it no more: PostgreSQL has read it before it writes "in crash
 * recovery" into the control file.
 */
async function markOnceStarted(server: OwnServer, starting: Promise<void>): Promise<void> {
  let isOver = false;
  const over = starting.finally(() => {
    isOver = true;
  });
  const hasLooked = async (): Promise<true | undefined> => {
    const control = await readControlFile(server.dataDirectory, server.version).catch(() => undefined);
    return isOver || control?.state === 'in crash recovery' ? true : undefined;
  };
  await Promise.allSettled([
    waitUntil(hasLooked, { deadlineMs: limits.recoveryMs, intervalMs: limits.startLookMs }),
  ]);
  await markAsStandby(server);
  await over;
}

/** What would keep PostgreSQL from starting, or from being promoted later. */
async function prepareStart(context: PerformContext, server: OwnServer): Promise<void> {
  await forgetHold(server);
  const { dataDirectory } = server;
  const lockFile = await readLockFile(dataDirectory);
  if (lockFile === undefined) return;
  // An exclusive backup was running; a copy that was never started has no lock file.
  const label = join(dataDirectory, 'backup_label');
  if (
    await access(label).then(
      () => true,
      () => false,
    )
  ) {
    await rename(label, `${label}.old`);
    context.log.warning(
      'a backup was running when the server ended; its backup_label is backup_label.old now',
      {
        hint: 'Do not use that backup.',
      },
    );
  }
  // PostgreSQL takes a process that ended, and that nobody has asked for its exit code, for a living server.
  const isZombie = async (): Promise<boolean> => (await findProcess(lockFile.pid))?.state === 'zombie';
  const wait = { deadlineMs: limits.zombieMs, intervalMs: limits.serverPollMs, signal: context.signal };
  const isReaped = await waitUntil(async () => ((await isZombie()) ? undefined : true), wait);
  if (isReaped === undefined) await rm(join(dataDirectory, 'postmaster.pid'), { force: true });
}

/** A start that its command gave up, and that goes on, is no failure: recovery may be long. */
async function start({ signal }: PerformContext, server: OwnServer): Promise<void> {
  try {
    await controlServer(server.control, 'start', { deadlineMs: limits.recoveryMs, signal });
  } catch (error) {
    const isStarting = (await findPostmaster(server.dataDirectory)) !== undefined;
    if (!isStarting || !(error instanceof RepmgrError) || error.code === 'interrupted') throw error;
  }
}

async function waitUntilUp(
  { config, signal }: PerformContext,
  server: OwnServer,
): Promise<'in recovery' | 'writable'> {
  const look = async () => {
    const state = await stateBySql(config.conninfo, signal);
    if (state !== undefined) return state;
    const postmaster = await findPostmaster(server.dataDirectory);
    if (postmaster === undefined) return 'gone';
    return (await isClosedStandby(server, postmaster)) ? 'in recovery' : undefined;
  };
  const state = await waitUntil(look, {
    deadlineMs: limits.recoveryMs,
    intervalMs: limits.serverPollMs,
    signal,
  });
  if (state === undefined || state === 'gone')
    throw new Error('the server does not come up: look at its log');
  return state;
}

async function stateBySql(
  conninfo: string,
  signal: AbortSignal,
): Promise<'in recovery' | 'writable' | undefined> {
  let connection: Connection | undefined;
  try {
    connection = await connect(conninfo, { deadlineMs: limits.ownAnswerMs, signal });
    return (await recoveryState(connection, { deadlineMs: limits.ownAnswerMs, signal })).isInRecovery
      ? 'in recovery'
      : 'writable';
  } catch (error) {
    if (error instanceof RepmgrError && error.code === 'connection_failed') return undefined;
    if (error instanceof RepmgrError && error.code === 'connection_lost') return undefined;
    throw error;
  } finally {
    await connection?.close();
  }
}
