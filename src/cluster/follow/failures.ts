/** What is done and said where a standby does not follow: what worked before is put back, else what is so is told. */
import { failure, RepmgrError } from '../../errors.ts';
import { limits } from '../../limits.ts';
import { connect } from '../../postgres/connection.ts';
import { runningServerProcess } from '../../postgres/data-directory.ts';
import { recoveryState } from '../../postgres/queries/recovery-state.ts';
import { writeRecoveryConfig } from '../../postgres/recovery-config.ts';
import { describeControl } from '../../postgres/server-process.ts';
import { ownCommand } from '../own-command.ts';
import { nodeLabel } from '../register/record.ts';
import { activate } from './activate.ts';
import type { StreamingLook } from './await-streaming.ts';
import { applyDelay } from './delay.ts';
import { dropFollowSlot } from './drop-slot.ts';
import type { FollowContext } from './context.ts';
import { settingsBefore } from './settings.ts';

/**
 * A server that runs as before gets its old settings back; one that was started after all is waited for.
 * @throws RepmgrError of the command, with what is so now
 */
export async function afterFailedActivation(
  context: FollowContext,
  hasNewSlot: boolean,
  error: unknown,
): Promise<void> {
  if (!(error instanceof RepmgrError)) throw error;
  const { facts, plan, config, log } = context;
  const { state, server } = facts.local;
  const instance = await runningInstance(config.conninfo);
  const before = state.kind === 'running' ? state.status.instance : undefined;
  if (instance !== undefined && instance === before) {
    await putBack(context, hasNewSlot);
    throw withOutcome(error, 'The server runs as before, and its old recovery settings are back.');
  }
  const isStarting = (await runningServerProcess(server.dataDirectory)) !== undefined;
  if (error.code !== 'interrupted' && (instance !== undefined || isStarting)) {
    log.warning(`the server runs, although the command to ${plan.activation} it failed`, {
      detail: [error.message, error.detail].filter(Boolean).join('\n'),
    });
    return;
  }
  const outcome = `The new recovery settings stand in "${server.dataDirectory}"; the server ${isStarting ? 'is starting' : 'does not run'}. When it runs it is a standby that follows node ${nodeLabel(facts.upstream.node)}.`;
  const hint = `Remove the cause and start it, for example with: ${describeControl(server, 'start')}. Then record it with: ${ownCommand(config, 'standby register --force')}`;
  throw withOutcome(error, outcome, hint);
}

/** For a standby that follows, but looks for its upstream only when recovery_min_apply_delay lets it. */
export function streamsLater(context: FollowContext, look: StreamingLook): RepmgrError {
  const { facts, plan, config } = context;
  const delay = applyDelay(facts.local, plan.settings);
  return failure('streaming_not_started', {
    message: messageFor(context),
    detail: `${look.found}\nIt follows that node nevertheless, and the metadata say so: with recovery_min_apply_delay = ${delay} it connects when it has replayed the WAL that it holds.`,
    hint: `Nothing is left to be done but to look at it later, with: ${ownCommand(config, 'cluster show')}`,
  });
}

/**
 * A standby that streamed before goes back to where it streamed from; for another one the old settings lead nowhere, so
 * the new ones stay.
 * @returns the error to throw
 */
export async function notStreaming(
  context: FollowContext,
  hasNewSlot: boolean,
  look: StreamingLook,
): Promise<RepmgrError> {
  const { facts, config } = context;
  const { state } = facts.local;
  const receiver = state.kind === 'running' ? state.status.walReceiver : 'absent';
  const isOwnWork = context.throughRepmgrd === undefined;
  const streamedBefore = isOwnWork && typeof receiver === 'object' && receiver.status === 'streaming';
  const outcome = streamedBefore
    ? await goBack(context, hasNewSlot)
    : 'The new recovery settings stay in force: it streams as soon as it can.';
  return failure('streaming_not_started', {
    message: messageFor(context),
    detail: `${look.found}\n${outcome} The metadata are as before.`,
    hint: streamedBefore
      ? `The log of the local server says why. Then try again, or see what is so with: ${ownCommand(config, 'cluster show')}`
      : 'The log of the local server says why. When it streams, record it by running the same command again.',
  });
}

function messageFor({ facts, wish }: FollowContext): string {
  return `the local server does not stream from node ${nodeLabel(facts.upstream.node)} after ${wish.streamingMs / 1000} seconds`;
}

async function goBack(context: FollowContext, hasNewSlot: boolean): Promise<string> {
  const { facts, plan, config } = context;
  try {
    await putBack(context, false);
    await activate(facts.local, plan.activation, { conninfo: config.conninfo });
    if (hasNewSlot) await dropFollowSlot(context, facts.upstream.node);
    return `Its old recovery settings are back and in force (${plan.activation}): it goes on as before.`;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return `Its old recovery settings could not be brought back into force: ${reason}.`;
  }
}

async function putBack(context: FollowContext, hasNewSlot: boolean): Promise<void> {
  const { facts, plan, log } = context;
  const { server, version, settings } = facts.local;
  log.notice('putting the old recovery settings back');
  await writeRecoveryConfig({
    dataDirectory: server.dataDirectory,
    version,
    settings: settingsBefore(plan.settings, settings),
  });
  if (hasNewSlot) await dropFollowSlot(context, facts.upstream.node);
}

async function runningInstance(conninfo: string): Promise<string | undefined> {
  try {
    const connection = await connect(conninfo, { deadlineMs: limits.streamingAnswerMs });
    try {
      return (await recoveryState(connection)).instance;
    } finally {
      await connection.close();
    }
  } catch (error) {
    if (error instanceof RepmgrError) return undefined;
    throw error;
  }
}

function withOutcome(error: RepmgrError, outcome: string, hint = error.hint): RepmgrError {
  return failure(error.code, {
    message: error.message,
    detail: [error.detail, outcome].filter(Boolean).join('\n'),
    hint,
    cause: error,
    ...(error.code === 'interrupted' ? {} : { exit: 'restartFailed' as const }),
  });
}
