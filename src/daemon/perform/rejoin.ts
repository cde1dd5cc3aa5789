/**
 * Makes this node a standby of another one though its WAL has diverged (rule 9): keeps what is given up, rewinds, or
 * copies everything anew, and starts.
 */
import { access, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { cloneAgain } from '../../cluster/rejoin/clone-again.ts';
import { type DivergedRange, keepDivergedWal } from '../../cluster/rejoin/diverged-wal.ts';
import { type Diverged, divergenceOf, timelinePathOf } from '../../cluster/rejoin/divergence.ts';
import { rewind, type RewindOptions, whyNoRewind } from '../../cluster/rejoin/rewind.ts';
import { positionOfStopped } from '../../cluster/follow/wal-position.ts';
import { RepmgrError } from '../../errors.ts';
import type { Action } from '../../failover/actions.ts';
import type { ActionResult } from '../../failover/events.ts';
import { limits } from '../../limits.ts';
import type { Lsn } from '../../model/lsn.ts';
import type { NodeRecord } from '../../model/node.ts';
import { findDivergence, type TimelinePath } from '../../model/timeline.ts';
import { type ControlFile, readControlFile } from '../../postgres/control-file.ts';
import { findPostmaster } from '../../postgres/postmaster.ts';
import { writeDurably } from '../../system/durable-file.ts';
import { waitUntil } from '../../system/clock.ts';
import { type OwnServer, type PerformContext, requireServer } from './context.ts';
import { killWhatIsLeft } from './down.ts';
import { rowOf, upstreamSettings } from './follow.ts';
import { divergedDirectory, rewindingFile } from '../../cluster/rejoin/kept-places.ts';
import { recordFollowing } from './record-following.ts';
import { forgetFormerConninfo, noUpstream, setUpstream } from './receiver-settings.ts';
import { signal as signalProcess } from './reload.ts';
import { isWalOf } from './same-wal.ts';
import { prepareSlot } from './slots.ts';
import { markAsStandby } from './standby-mark.ts';
import { startPrepared } from './start.ts';

/** @throws Error, RepmgrError where it came to nothing; what the directory then is, the next try finds out */
export async function rejoin(
  context: PerformContext,
  action: Extract<Action, { readonly kind: 'rejoin' }>,
): Promise<ActionResult> {
  const server = requireServer(context);
  const { log, attempts } = context;
  const primary = rowOf(context, action.node);
  attempts.refuseMore();
  await stop(context, server);
  await leaveNames(context);
  const way = await chooseWay(context, server, primary, action.hasStrayed);
  log.notice(
    way.name === 'nothing'
      ? `node ${context.self} follows node ${primary.id} as it is`
      : `rejoining node ${context.self} to node ${primary.id} by a ${way.name}`,
    { detail: way.reason },
  );
  if (way.name === 'clone' || (way.name === 'rewind' && !(await isRewound(context, server, primary)))) {
    attempts.begin('clone');
    await cloneFrom(context, server, primary);
  }
  // Whatever came along: until the settings are right it must not stream from anywhere.
  context.walEnd.forget();
  await Promise.all([markAsStandby(server), noUpstream(server)]);
  await prepareSlot(context, primary);
  await setUpstream(server, await upstreamSettings(context, server, primary));
  await forgetFormerConninfo(server);
  await startPrepared(context, server);
  attempts.succeed();
  void recordFollowing(context, primary);
  return { kind: 'done' };
}

/** It acknowledges nothing before its data are whole again (rule 13); where too few others are there it stays named. */
async function leaveNames({ config, self, record, signal }: PerformContext): Promise<void> {
  const isOut = async (): Promise<true | undefined> => {
    const { synchronous } = record() ?? { synchronous: undefined };
    return synchronous === undefined || synchronous.required === 0 || !synchronous.names.includes(self)
      ? true
      : undefined;
  };
  await waitUntil(isOut, { deadlineMs: 2 * config.primaryLeaseMs, signal });
}

interface Way {
  /** A re-sync of what differs would be a third one. */
  readonly name: 'rewind' | 'clone' | 'nothing';
  readonly reason: string;
}

/** Keeps the WAL that is given up, too, while it is known where it begins. */
async function chooseWay(
  context: PerformContext,
  server: OwnServer,
  primary: NodeRecord,
  hasStrayed: boolean,
): Promise<Way> {
  if (await isHalfRewound(context)) return { name: 'clone', reason: 'a rewind was not completed.' };
  const control = await readControlFile(server.dataDirectory, server.version);
  const own = await positionOfStopped(control, server);
  if (own?.history === undefined) return { name: 'clone', reason: 'its WAL cannot be read.' };
  const theirs = await timelinePathOf(context.addresses.addressed(primary.conninfo), context.signal);
  const diverged = divergenceOf({ timelineId: own.timelineId, history: own.history }, theirs);
  if (
    !hasStrayed &&
    (await isStillTheirs(context, server, primary, { ...own, history: own.history }, theirs))
  ) {
    return { name: 'nothing', reason: 'its WAL is the same, byte by byte.' };
  }
  const obstacle = hasStrayed
    ? 'its WAL is not what its numbers say'
    : await whyNotRewind(context, server, primary, diverged, control);
  const way: Way =
    obstacle === undefined
      ? { name: 'rewind', reason: 'pg_rewind is there.' }
      : { name: 'clone', reason: `${obstacle}.` };
  // One that strayed wrote somewhere behind its last checkpoint.
  const divergedAt = hasStrayed ? control.checkpointLsn : diverged?.divergedAt;
  if (divergedAt !== undefined) {
    await keepWal(context, {
      walDirectory: join(server.dataDirectory, server.version.capabilities.walNames.directory),
      timelineId: own.timelineId,
      divergedAt,
      endOfWal: own.lsn,
      rejoinedTo: primary.id,
      isWrittenOver: way.name === 'rewind',
    });
  }
  return way;
}

/** By the numbers nothing diverged: only who made the timeline is not known. */
async function isStillTheirs(
  context: PerformContext,
  server: OwnServer,
  primary: NodeRecord,
  own: TimelinePath & { readonly lsn: Lsn },
  theirs: TimelinePath,
): Promise<boolean> {
  const beganAt = own.history.at(-1)?.endedAt;
  const found = findDivergence(own, theirs);
  if (beganAt === undefined || found?.timelineId !== own.timelineId || found.divergedAt !== undefined) {
    return false;
  }
  const { timelineId, lsn: endsAt } = own;
  return await isWalOf(context, server, primary.id, { timelineId, beganAt, endsAt });
}

async function whyNotRewind(
  context: PerformContext,
  server: OwnServer,
  primary: NodeRecord,
  diverged: Diverged | undefined,
  { state }: ControlFile,
): Promise<string | undefined> {
  if (diverged === undefined) return 'both have nothing in common';
  if (!diverged.isVisible) return 'both have given one number to different timelines';
  if (context.attempts.areUsedUp('rewind')) return 'pg_rewind has failed before';
  if (!state.startsWith('shut down')) return 'it was not stopped in good order';
  return await whyNoRewind(rewindOptions(context, server, primary));
}

async function keepWal({ config, self, log }: PerformContext, range: DivergedRange): Promise<void> {
  const kept = await keepDivergedWal(divergedDirectory(config, self), range, new Date());
  if (kept === undefined) return;
  log.warning(`WAL from ${kept.divergedAt} to ${kept.endOfWal} is no part of the cluster's any more`, {
    detail: `It is kept in "${kept.directory}".`,
    hint: 'See what was in it with: repmgr node diverged',
  });
}

/** A read-only server has nothing to lose: it gets a moment. */
async function stop({ signal }: PerformContext, server: OwnServer): Promise<void> {
  const postmaster = await findPostmaster(server.dataDirectory);
  if (postmaster !== undefined) {
    signalProcess(postmaster.pid, 'SIGINT');
    const isGone = async () =>
      (await findPostmaster(server.dataDirectory)) === undefined ? true : undefined;
    const wait = { deadlineMs: limits.shutDownMs, intervalMs: limits.serverPollMs, signal };
    await waitUntil(isGone, wait);
  }
  await killWhatIsLeft(server, postmaster);
}

/** What a rewind has left half done only a clone makes whole. */
async function isRewound(context: PerformContext, server: OwnServer, primary: NodeRecord): Promise<boolean> {
  const { attempts, config, self, log } = context;
  const marker = rewindingFile(config, self);
  attempts.begin('rewind');
  try {
    await rewind(rewindOptions(context, server, primary), () => writeDurably(marker, '', { mode: 0o600 }));
    await unlink(marker);
    return true;
  } catch (error) {
    if (!(error instanceof RepmgrError) || error.code === 'interrupted') throw error;
    log.warning(`${error.message}; a clone is made instead`, { detail: error.detail, hint: error.hint });
    return false;
  }
}

async function cloneFrom(context: PerformContext, server: OwnServer, primary: NodeRecord): Promise<void> {
  const { config, self, addresses, log, signal } = context;
  await cloneAgain({
    config,
    self,
    dataDirectory: server.dataDirectory,
    source: primary,
    sourceConninfo: addresses.addressed(primary.conninfo),
    log,
    signal,
  });
  await unlink(rewindingFile(config, self)).catch(() => undefined);
}

function rewindOptions(
  { config, addresses, signal }: PerformContext,
  { dataDirectory, version, control }: OwnServer,
  primary: NodeRecord,
): RewindOptions {
  return {
    dataDirectory,
    version,
    programDirectory: control.programDirectory ?? config.pgBindir,
    source: addresses.addressed(primary.conninfo),
    signal,
  };
}

async function isHalfRewound({ config, self }: PerformContext): Promise<boolean> {
  return await access(rewindingFile(config, self)).then(
    () => true,
    () => false,
  );
}
