/** `repmgr standby follow`: lets the local server stream from the primary. docs/promote-and-follow.md */
import { isOrderedByDaemon } from '../cluster/daemon-action.ts';
import { follow } from '../cluster/follow/execute.ts';
import type { FollowFacts } from '../cluster/follow/facts.ts';
import { type FoundUpstream, findUpstream } from '../cluster/follow/find-upstream.ts';
import { inspectUpstream } from '../cluster/follow/inspect-upstream.ts';
import { inspectLocal } from '../cluster/follow/local.ts';
import { type FollowPlan, planFollow } from '../cluster/follow/plan.ts';
import { reportFollow } from '../cluster/follow/report.ts';
import { followConninfo } from '../cluster/follow/settings.ts';
import type { FollowWish } from '../cluster/follow/wish.ts';
import { failure, RepmgrError } from '../errors.ts';
import { connect, type Connection } from '../postgres/connection.ts';
import { readConninfo } from '../postgres/conninfo-defaults.ts';
import { runningServerProcess } from '../postgres/data-directory.ts';
import { isInRecovery } from '../postgres/queries/server.ts';
import { renderSteps } from '../render/steps.ts';
import type { CommandContext } from './command.ts';
import { followThroughRepmgrd, isThroughRepmgrd } from './follow-through-repmgrd.ts';
import { followWishOf } from './follow-wish.ts';
import { connectLocally, requireConfig } from './local-node.ts';

/**
 * Exit codes: 6 without a connection, 1 for anything refused before a change, 7 without a slot, 4 when the server could
 * not be restarted, 23 when it does not stream in standby_follow_timeout.
 */
export async function run(context: CommandContext): Promise<void> {
  const { options, log, signal } = context;
  const config = requireConfig(context);
  const wish = followWishOf(context);
  await refuseRunningPrimary(context, wish);
  const upstream = await findUpstream(wish, {
    log,
    signal,
    connectLocally: () => connectLocally(context, hintOfStopped(wish)),
  });
  try {
    const facts = await inspect(context, wish, upstream);
    const plan = await planOrReport(context, facts, wish, upstream);
    for (const { message, hint } of plan.warnings) log.warning(message, { hint });
    if (options.dryRun === true) {
      context.print(renderSteps(plan.steps, { isJson: options.json === true }));
      return;
    }
    await follow({
      facts,
      plan,
      wish,
      config,
      upstream: upstream.connection,
      primary: upstream.primary.connection,
      isOrderedByDaemon: isOrderedByDaemon(context.environment),
      throughRepmgrd:
        facts.isThroughRepmgrd === true
          ? async () => await followThroughRepmgrd(context, upstream.node.id)
          : undefined,
      event: 'standby_follow',
      log,
      signal,
    });
  } finally {
    await upstream.connection.close();
    await upstream.primary.connection.close();
  }
}

/** A slot that cannot be had is an event, as in repmgr 3. */
async function planOrReport(
  context: CommandContext,
  facts: FollowFacts,
  wish: FollowWish,
  { primary, node }: FoundUpstream,
): Promise<FollowPlan> {
  try {
    return planFollow(facts, wish);
  } catch (error) {
    const isSlot = error instanceof RepmgrError && error.code === 'slot_unavailable';
    if (isSlot && context.options.dryRun !== true && !isOrderedByDaemon(context.environment)) {
      const details = [error.message, error.detail].filter(Boolean).join(': ');
      const place = { config: requireConfig(context), log: context.log };
      await reportFollow(
        { ...place, primary: primary.connection, followed: node, event: 'standby_follow' },
        { isSuccessful: false, details },
      );
    }
    throw error;
  }
}

async function inspect(
  context: CommandContext,
  wish: FollowWish,
  upstream: FoundUpstream,
): Promise<FollowFacts> {
  const connection = await connectIfRunning(context, wish);
  try {
    const local = await inspectLocal(connection, requireConfig(context), wish.dataDirectory);
    const primaryConninfo = followConninfo(wish, readConninfo(upstream.node.conninfo), local);
    return {
      local,
      upstream: await inspectUpstream(
        upstream,
        readConninfo(primaryConninfo),
        local.position?.timelineId,
        context.signal,
      ),
      primaryConninfo,
      isThroughRepmgrd: await isThroughRepmgrd(context, local),
    };
  } finally {
    await connection?.close();
  }
}

/** Before any waiting: a primary that runs can never follow, and without -h a server that is down cannot either. */
async function refuseRunningPrimary(context: CommandContext, wish: FollowWish): Promise<void> {
  const connection = await connectIfRunning(context, wish);
  try {
    if (connection === undefined || (await isInRecovery(connection))) return;
    throw failure('not_a_standby', {
      message: 'the local server is not a standby',
      detail: `${connection.host}:${connection.port} accepts writes. Only a server that is stopped can be made a standby.`,
      hint: `If it must not be a primary any more, stop it, then run: ${wish.ownCommand('-h HOST -D DIRECTORY standby follow')} with the host of the right primary.`,
    });
  } finally {
    await connection?.close();
  }
}

/**
 * Only with the host of the primary, and only where no process has the data directory, a server that does not answer is
 * taken for one that is down.
 * @throws RepmgrError connection_failed
 */
async function connectIfRunning(context: CommandContext, wish: FollowWish): Promise<Connection | undefined> {
  if (wish.target === undefined) return await connectLocally(context, hintOfStopped(wish));
  try {
    return await connect(requireConfig(context).conninfo, { signal: context.signal });
  } catch (error) {
    if (!(error instanceof RepmgrError) || error.code !== 'connection_failed') throw error;
    const processId = wish.dataDirectory && (await runningServerProcess(wish.dataDirectory));
    if (wish.dataDirectory !== undefined && processId === undefined) return undefined;
    throw failure('connection_failed', {
      message: 'the local server runs, but cannot be reached',
      detail: [`Process ${processId} has "${wish.dataDirectory}".`, error.detail ?? error.message].join(' '),
      hint: error.hint,
      cause: error,
    });
  }
}

function hintOfStopped(wish: FollowWish): string {
  return `Start the standby; or, where it is to be started as a standby of another primary: ${wish.ownCommand('-h HOST -D DIRECTORY standby follow')}`;
}
