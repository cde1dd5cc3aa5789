/** Lets the local server follow another one: does the steps of a plan, each said before it is done. */
import { failure, RepmgrError } from '../../errors.ts';
import { writeRecoveryConfig } from '../../postgres/recovery-config.ts';
import { createSlot } from '../../postgres/replication-slots.ts';
import { recordFollow } from '../metadata/nodes.ts';
import { ownCommand } from '../own-command.ts';
import { recordEvent } from '../record-event.ts';
import { nodeLabel } from '../register/record.ts';
import { activate, activationInWords, attachedByRepmgrd } from './activate.ts';
import { awaitStreaming, type StreamingLook } from './await-streaming.ts';
import type { FollowContext } from './context.ts';
import { dropFollowSlot } from './drop-slot.ts';
import { isDelayed } from './delay.ts';
import { afterFailedActivation, notStreaming, streamsLater } from './failures.ts';
import { reportFollow } from './report.ts';
import { streamingName } from './settings.ts';

/**
 * @throws RepmgrError slot_unavailable (7), recovery_settings_failed (1), server_control_failed (4),
 *   streaming_not_started (23), metadata_not_updated (1), interrupted; each says what is so then
 */
export async function follow(context: FollowContext): Promise<void> {
  const { facts, plan, wish, log } = context;
  const hasNewSlot = await attach(context);
  if (wish.streamingMs === 0) {
    await finish(context, 'is to stream from');
    return;
  }
  log.info(
    `waiting up to ${wish.streamingMs / 1000} seconds until it streams from node ${nodeLabel(facts.upstream.node)}`,
  );
  const look = await waitForStream(context);
  if (look.state === 'not streaming' || look.state === 'unreachable') {
    const isLater = look.state === 'not streaming' && isDelayed(facts.local, plan.settings);
    if (isLater) await recordUpstream(context);
    const error = isLater ? streamsLater(context, look) : await notStreaming(context, hasNewSlot, look);
    await report(context, { isSuccessful: false, details: `${error.message}: ${look.found}` });
    throw error;
  }
  await finish(context, look.state === 'catching up' ? 'is catching up with' : 'streams from');
}

/** @returns whether its slot was made now, so that it is to be dropped again where nothing comes of it */
async function attach(context: FollowContext): Promise<boolean> {
  const { facts, plan, config, log, signal } = context;
  if (context.throughRepmgrd !== undefined) {
    log.info(attachedByRepmgrd(facts.upstream.node));
    await context.throughRepmgrd();
    return false;
  }
  const hasNewSlot = await makeSlot(context);
  await writeSettings(context, hasNewSlot);
  log.info(activationInWords(facts.local, plan.activation));
  try {
    await activate(facts.local, plan.activation, { conninfo: config.conninfo, signal });
  } catch (error) {
    await afterFailedActivation(context, hasNewSlot, error);
  }
  return hasNewSlot;
}

async function finish(context: FollowContext, is: string): Promise<void> {
  const { facts, plan, log } = context;
  await recordUpstream(context);
  await report(context, { isSuccessful: true });
  log.notice(`node ${nodeLabel(plan.node)} ${is} node ${nodeLabel(facts.upstream.node)} now`);
  await dropFormerSlots(context);
}

/** @returns whether it was made now */
async function makeSlot(context: FollowContext): Promise<boolean> {
  const { plan, upstream, log } = context;
  const { slot } = plan;
  if (slot === undefined || slot.isInUse) return false;
  log.info(slot.step);
  try {
    return await createSlot(upstream, slot.name);
  } catch (error) {
    if (!(error instanceof RepmgrError)) throw error;
    const details = [error.message, error.detail].filter(Boolean).join(': ');
    await report(context, { isSuccessful: false, details });
    throw error;
  }
}

async function writeSettings(context: FollowContext, hasNewSlot: boolean): Promise<void> {
  const { facts, plan, log } = context;
  const { dataDirectory } = facts.local.server;
  log.info(`writing the recovery settings in "${dataDirectory}"`);
  try {
    await writeRecoveryConfig({ dataDirectory, version: facts.local.version, settings: plan.settings });
  } catch (error) {
    if (hasNewSlot) await dropFollowSlot(context, facts.upstream.node);
    throw error;
  }
}

async function waitForStream(context: FollowContext): Promise<StreamingLook> {
  const { facts, plan, wish, config, signal, upstream } = context;
  try {
    return await awaitStreaming({
      conninfo: config.conninfo,
      primaryConninfo: facts.primaryConninfo,
      streamingName: streamingName(wish),
      upstream: { connection: upstream, facts: facts.upstream },
      deadlineMs: wish.streamingMs,
      signal,
    });
  } catch (error) {
    if (!(error instanceof RepmgrError) || error.code !== 'interrupted') throw error;
    throw failure('interrupted', {
      message: 'the operation was interrupted while it waited for the stream',
      detail: `The new recovery settings are in force: node ${nodeLabel(plan.node)} follows node ${nodeLabel(facts.upstream.node)} as soon as it can. The metadata are as before.`,
      hint: `Finish it by running the same command again; see what is so with: ${ownCommand(config, 'cluster show')}`,
    });
  }
}

async function recordUpstream(context: FollowContext): Promise<void> {
  if (context.isOrderedByDaemon) return;
  const { facts, plan, config, primary, log } = context;
  const { node } = facts.upstream;
  log.info(`recording node ${nodeLabel(plan.node)} as a standby of node ${nodeLabel(node)}`);
  try {
    await recordFollow(primary, config.clusterName, plan.node.id, node.id);
  } catch (error) {
    if (!(error instanceof RepmgrError)) throw error;
    throw failure('metadata_not_updated', {
      message: `node ${nodeLabel(plan.node)} streams from node ${nodeLabel(node)}, but the metadata do not say so`,
      detail: [error.message, error.detail].filter(Boolean).join('\n'),
      hint: `Remove the cause, then correct the metadata with: ${ownCommand(config, `standby register --force --upstream-node-id=${node.id}`)}`,
      cause: error,
      exit: 'badConfiguration',
    });
  }
}

async function report(
  { facts, config, primary, log, isOrderedByDaemon, event }: FollowContext,
  outcome: { readonly isSuccessful: boolean; readonly details?: string },
): Promise<void> {
  if (isOrderedByDaemon) return;
  await reportFollow({ config, log, primary, followed: facts.upstream.node, event }, outcome);
}

/** Else it would keep WAL on a server that this node does not stream from any more. */
async function dropFormerSlots(context: FollowContext): Promise<void> {
  const { plan, primary, config, log, isOrderedByDaemon } = context;
  if (plan.slot === undefined || isOrderedByDaemon) return;
  for (const former of plan.formerUpstreams) {
    if (!(await dropFollowSlot(context, former))) continue;
    const details = `replication slot "${plan.slot.name}" on node ${former.id}`;
    await recordEvent({
      connection: primary,
      config,
      log,
      event: { nodeId: plan.node.id, name: 'slot_dropped', isSuccessful: true, details },
    });
  }
}
