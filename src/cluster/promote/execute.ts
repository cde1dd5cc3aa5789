/** Promotes the local standby: does the steps of a plan, each said before it is done. */
import type { Config } from '../../config/resolve.ts';
import { failure, RepmgrError } from '../../errors.ts';
import { limits } from '../../limits.ts';
import type { Logger } from '../../log/logger.ts';
import { type Connection, sqlStateOf } from '../../postgres/connection.ts';
import { requestPromotion } from '../../postgres/queries/promotion.ts';
import { dropSlot } from '../../postgres/replication-slots.ts';
import { controlServer, type LocalServer } from '../../postgres/server-process.ts';
import { monotonicMs } from '../../system/clock.ts';
import { recordPromotion } from '../metadata/nodes.ts';
import { ownCommand } from '../own-command.ts';
import { recordEvent } from '../record-event.ts';
import { nodeLabel } from '../register/record.ts';
import { awaitWritable, type WritableLook } from './await-writable.ts';
import type { PromotionPlan } from './plan.ts';

export interface PromotionContext {
  readonly config: Config;
  readonly server: LocalServer;
  readonly log: Logger;
  readonly signal: AbortSignal;
  /** repmgrd runs this, and sees to slots, metadata and events itself. */
  readonly isOrderedByDaemon: boolean;
  /** Of a promotion by election: ends when this node was elected. @throws RepmgrError not_elected, interrupted */
  readonly awaitElection: () => Promise<void>;
  /** What cannot wait for the checkpoint, once the metadata are right. */
  readonly onPromoted?: (() => Promise<void>) | undefined;
}

/**
 * Slots go first: once the server accepts writes, other standbys may make theirs on it. When it does, nothing ends early
 * any more, not on Ctrl-C either, until the metadata are right.
 * @param local to the standby; the caller closes it
 * @throws RepmgrError server_control_failed (4), promotion_unfinished (11), metadata_not_updated (7), interrupted
 */
export async function promote(
  local: Connection,
  plan: PromotionPlan,
  context: PromotionContext,
): Promise<void> {
  const dropped = context.isOrderedByDaemon ? [] : await dropSlots(local, plan, context);
  const look = await promoteAndWait(local, plan, context);
  const { connection } = look;
  try {
    if (look.state !== 'writable' || connection === undefined) throw await unfinished(look, plan, context);
    if (!context.isOrderedByDaemon && plan.method !== 'election') {
      await updateMetadata(connection, plan, context);
    }
    await report(connection, plan, dropped, context);
    try {
      await context.onPromoted?.();
    } finally {
      await checkpoint(connection, context.log);
    }
  } finally {
    if (connection !== local) await connection?.close();
  }
}

async function dropSlots(
  local: Connection,
  { slotsToDrop }: PromotionPlan,
  { log }: PromotionContext,
): Promise<readonly string[]> {
  const dropped: string[] = [];
  for (const name of slotsToDrop) {
    log.info(`dropping the inactive replication slot "${name}"`);
    try {
      if (!(await dropSlot(local, name))) continue;
      dropped.push(name);
      log.notice(
        `replication slot "${name}" was dropped: it kept WAL for a node that does not follow this one`,
      );
    } catch (error) {
      if (!(error instanceof RepmgrError) || error.code !== 'query_failed') throw error;
      log.warning(`the inactive replication slot "${name}" could not be dropped`, {
        detail: error.message,
        hint: `It keeps WAL for nobody. Drop it as a superuser: SELECT pg_drop_replication_slot('${name}');`,
      });
    }
  }
  return dropped;
}

async function promoteAndWait(
  local: Connection,
  plan: PromotionPlan,
  context: PromotionContext,
): Promise<WritableLook> {
  const { config, log, signal } = context;
  const { promoteCheckTimeoutMs, promoteCheckIntervalMs, conninfo } = config;
  const startedAtMs = monotonicMs();
  log.notice(`promoting node ${nodeLabel(plan.node)} to primary`, { detail: plan.promotionStep });
  let refusal: RepmgrError | undefined;
  let look: WritableLook;
  try {
    refusal = await request(local, plan, context);
    // What could not even be asked for will not come; one look tells whether it came nevertheless.
    const remainingMs = Math.max(0, promoteCheckTimeoutMs - (monotonicMs() - startedAtMs));
    const deadlineMs = refusal === undefined ? remainingMs : 0;
    log.info(`waiting up to ${Math.ceil(deadlineMs / 1000)} seconds until the server accepts writes`);
    look = await awaitWritable(local, {
      conninfo,
      deadlineMs,
      intervalMs: promoteCheckIntervalMs,
      log,
      signal,
    });
  } catch (error) {
    if (!(error instanceof RepmgrError) || error.code !== 'interrupted') throw error;
    throw interruption(plan, config);
  }
  if (refusal === undefined) return look;
  if (look.state !== 'writable') {
    await reportFailure(plan, context, refusal.message);
    if (look.connection !== local) await look.connection?.close();
    throw refusal;
  }
  log.warning('the server was promoted, although its command failed', {
    detail: [refusal.message, refusal.detail].filter(Boolean).join('\n'),
  });
  return look;
}

/** @returns why the promotion could not be asked for */
async function request(
  local: Connection,
  { method }: PromotionPlan,
  { config, server, signal, awaitElection }: PromotionContext,
): Promise<RepmgrError | undefined> {
  const deadlineMs = config.promoteCheckTimeoutMs;
  if (method === 'election') {
    await awaitElection();
    return undefined;
  }
  try {
    if (method === 'command') await controlServer(server, 'promote', { deadlineMs, signal });
    else if (!(await requestPromotion(local, { signal }))) throw refusedBySql('pg_promote() returned false');
    return undefined;
  } catch (error) {
    if (!(error instanceof RepmgrError) || error.code === 'interrupted') throw error;
    return method === 'command' ? error : refusedBySql(error.message);
  }
}

function refusedBySql(reason: string): RepmgrError {
  return failure('server_control_failed', {
    message: 'PostgreSQL did not take the order to promote',
    detail: `${reason}.`,
    hint: 'It is still a standby. Look at its log, then try again.',
  });
}

async function unfinished(
  look: WritableLook,
  plan: PromotionPlan,
  context: PromotionContext,
): Promise<RepmgrError> {
  const { config } = context;
  const seconds = config.promoteCheckTimeoutMs / 1000;
  const message = `the server was told to promote, but does not accept writes after ${seconds} seconds`;
  await reportFailure(plan, context, `${message}: ${look.waitsFor}`);
  return failure('promotion_unfinished', {
    message,
    detail: `At the last look: ${look.waitsFor}. The order cannot be taken back: it becomes a primary as soon as nothing holds it up.`,
    hint: `End what holds it up, such as long queries. When it accepts writes, correct the metadata with: ${ownCommand(config, 'primary register --force')}`,
  });
}

function interruption({ node }: PromotionPlan, config: Config): RepmgrError {
  return failure('interrupted', {
    message: 'the promotion was interrupted',
    detail: `Node ${nodeLabel(node)} may have been told to promote already, which cannot be taken back; the metadata are as before.`,
    hint: `Look at it with: ${ownCommand(config, 'cluster show')}. If it accepts writes, correct the metadata with: ${ownCommand(config, 'primary register --force')}`,
  });
}

async function updateMetadata(
  connection: Connection,
  plan: PromotionPlan,
  context: PromotionContext,
): Promise<void> {
  const { config, log } = context;
  const { node } = plan;
  log.info(`recording node ${nodeLabel(node)} as the active primary`);
  try {
    await recordPromotion(connection, config.clusterName, node.id);
  } catch (error) {
    if (!(error instanceof RepmgrError)) throw error;
    await reportFailure(plan, context, `the metadata of node ${node.id} could not be updated`);
    throw failure('metadata_not_updated', {
      message: `node ${nodeLabel(node)} is promoted and accepts writes, but the metadata do not say so`,
      detail: [error.message, error.detail].filter(Boolean).join('\n'),
      hint: `Do not promote another node. Remove the cause, then correct the metadata with: ${ownCommand(config, 'primary register --force')}`,
      cause: error,
    });
  }
}

async function report(
  connection: Connection,
  { node }: PromotionPlan,
  dropped: readonly string[],
  { config, log, isOrderedByDaemon }: PromotionContext,
): Promise<void> {
  log.notice(`node ${nodeLabel(node)} is the primary now`);
  if (isOrderedByDaemon) return;
  const base = { nodeId: node.id, isSuccessful: true };
  const details = `node "${node.name}" (ID: ${node.id}) was promoted to primary`;
  await recordEvent({ connection, config, log, event: { ...base, name: 'standby_promote', details } });
  for (const slot of dropped) {
    const event = {
      ...base,
      name: 'slot_dropped',
      details: `inactive replication slot "${slot}" on node ${node.id}`,
    };
    await recordEvent({ connection, config, log, event });
  }
}

/** Without a primary there is no row; the notification commands run nevertheless. */
async function reportFailure(
  { node }: PromotionPlan,
  { config, log, isOrderedByDaemon }: PromotionContext,
  details: string,
): Promise<void> {
  if (isOrderedByDaemon) return;
  const event = { nodeId: node.id, name: 'standby_promote', isSuccessful: false, details };
  await recordEvent({ connection: undefined, config, log, event });
}

/** For pg_rewind, which finds the new timeline in the control file only. The promotion is done without it. */
async function checkpoint(connection: Connection, log: Logger): Promise<void> {
  try {
    log.info('making a checkpoint');
    await connection.query('CHECKPOINT', [], { deadlineMs: limits.checkpointMs });
  } catch (error) {
    if (!(error instanceof RepmgrError)) throw error;
    const isForbidden = sqlStateOf(error) === '42501';
    log.info('no checkpoint was made; PostgreSQL makes one by itself within checkpoint_timeout', {
      detail: isForbidden
        ? 'The role is neither superuser nor member of pg_checkpoint (PostgreSQL 15).'
        : error.message,
    });
  }
}
