/** `repmgr node rejoin`: makes this stopped node a standby of the current primary again. docs/promote-and-follow.md */
import { basename, dirname, isAbsolute, normalize } from 'node:path';
import { findUpstream, type FoundUpstream } from '../cluster/follow/find-upstream.ts';
import { inspectUpstream } from '../cluster/follow/inspect-upstream.ts';
import { inspectLocal } from '../cluster/follow/local.ts';
import { followConninfo } from '../cluster/follow/settings.ts';
import { rejoinByHand } from '../cluster/rejoin/by-hand.ts';
import { knownDamage } from '../cluster/rejoin/damage.ts';
import { divergedDirectory } from '../cluster/rejoin/kept-places.ts';
import { planRejoin, type RejoinFacts, type RejoinWish } from '../cluster/rejoin/plan.ts';
import { type RewindOptions, tryRewind, whyNoRewind } from '../cluster/rejoin/rewind.ts';
import { failure, RepmgrError } from '../errors.ts';
import { limits } from '../limits.ts';
import { readConninfo } from '../postgres/conninfo-defaults.ts';
import { isUnanswered } from '../postgres/connection-failure.ts';
import { runningServerProcess } from '../postgres/data-directory.ts';
import { readSettings } from '../postgres/queries/server.ts';
import { renderSteps } from '../render/steps.ts';
import type { CommandContext } from './command.ts';
import { followWishOf } from './follow-wish.ts';
import { localViewIfAny, requestOfOperator } from './local-daemon.ts';
import { connectLocally, requireConfig } from './local-node.ts';

/** Exit codes: 24 where it is refused, the rewind fails or nothing streams; 4 where the server does not start; 6, 7, 1. */
export async function run(context: CommandContext): Promise<void> {
  const { options, log, signal } = context;
  const config = requireConfig(context);
  const wish = rejoinWishOf(context);
  await refuseRunning(context, wish);
  const found = await findUpstream(wish, {
    log,
    signal,
    connectLocally: () => Promise.reject(withoutTarget(wish)),
  });
  try {
    const { facts, rewindOptions } = await inspect(context, wish, found);
    const plan = planRejoin(facts, wish);
    for (const { message, hint } of plan.follow.warnings) log.warning(message, { hint });
    if (options.dryRun === true) {
      if (plan.rewind !== undefined) await tryRewind(rewindOptions);
      context.print(renderSteps(plan.steps, { isJson: options.json === true }));
      return;
    }
    await leftAlone(context, async () => {
      await rejoinByHand({ plan, wish, config, found, rewindOptions, log, signal });
    });
  } catch (error) {
    throw asRejoin(error);
  } finally {
    await found.connection.close();
    await found.primary.connection.close();
  }
}

function rejoinWishOf(context: CommandContext): RejoinWish {
  const { options } = context;
  const config = requireConfig(context);
  const wish = followWishOf({ ...context, options: { ...options, noWait: true } });
  const waitMs = typeof options.wait === 'number' ? options.wait * 1000 : config.nodeRejoinTimeoutMs;
  return {
    ...wish,
    streamingMs: options.noWait === true ? 0 : waitMs,
    mayRewind: options.forceRewind !== undefined,
    divergedDirectory: divergedDirectory(config, wish.node.id),
  };
}

async function inspect(
  context: CommandContext,
  wish: RejoinWish,
  found: FoundUpstream,
): Promise<{ readonly facts: RejoinFacts; readonly rewindOptions: RewindOptions }> {
  const { options, signal } = context;
  const config = requireConfig(context);
  const local = await inspectLocal(undefined, config, wish.dataDirectory);
  const primaryConninfo = followConninfo(wish, readConninfo(found.node.conninfo), local);
  const timeline = local.position?.timelineId;
  const upstream = await inspectUpstream(found, readConninfo(primaryConninfo), timeline, signal);
  const rewindOptions = {
    dataDirectory: local.server.dataDirectory,
    version: local.version,
    programDirectory: rewindDirectory(options.forceRewind) ?? options.pgBindir ?? config.pgBindir,
    source: readConninfo(found.node.conninfo),
    alsoKept: keptFiles(options.configFiles),
    signal,
  };
  const obstacle = wish.mayRewind ? await whyNoRewind(rewindOptions) : undefined;
  const damage = await knownDamage(config, wish.node.id);
  return { facts: { local, upstream, primaryConninfo, damage, obstacle }, rewindOptions };
}

/** `--force-rewind=PATH`: the program, or the directory that it is in. */
function rewindDirectory(path: string | true | undefined): string | undefined {
  if (path === undefined || path === true) return undefined;
  return basename(path) === 'pg_rewind' ? dirname(path) : path;
}

function keptFiles(list: string | undefined): readonly string[] {
  const names = (list ?? '').split(',').map((name) => name.trim());
  const outside = names.find((name) => isAbsolute(name) || normalize(name).startsWith('..'));
  if (outside !== undefined) {
    throw failure('usage', {
      message: `"${outside}" is no file of the data directory`,
      detail: 'A rewind changes nothing outside of it.',
      hint: 'Name the files of --config-files as they are called below the data directory.',
    });
  }
  return names.filter((name) => name !== '');
}

async function refuseRunning(context: CommandContext, wish: RejoinWish): Promise<void> {
  const { dataDirectory } = wish;
  const running =
    dataDirectory === undefined ? await answeringServer(context) : await serverWith(dataDirectory);
  if (running === undefined) {
    if (wish.target === undefined) throw withoutTarget(wish);
    return;
  }
  throw failure('rejoin_refused', {
    message: 'the server of this node is running',
    detail: running.found,
    hint: `Stop it first: pg_ctl -D "${running.dataDirectory}" stop -m fast; or, where it is a standby: ${wish.ownCommand('standby follow')}`,
  });
}

interface RunningServer {
  readonly found: string;
  readonly dataDirectory: string;
}

async function serverWith(dataDirectory: string): Promise<RunningServer | undefined> {
  const pid = await runningServerProcess(dataDirectory);
  return pid === undefined ? undefined : { found: `Process ${pid} has "${dataDirectory}".`, dataDirectory };
}

/** Where repmgr.conf does not say which directory is meant. A server that refuses whoever asks is running too. */
async function answeringServer(context: CommandContext): Promise<RunningServer | undefined> {
  const unknown = { dataDirectory: 'DIRECTORY' };
  try {
    const connection = await connectLocally(context);
    const { host, port } = connection;
    try {
      const { data_directory: dataDirectory } = await readSettings(connection, ['data_directory']);
      return dataDirectory === undefined
        ? { ...unknown, found: `It answers at ${host}:${port}.` }
        : { dataDirectory, found: `It answers at ${host}:${port}, and has "${dataDirectory}".` };
    } finally {
      await connection.close();
    }
  } catch (error) {
    if (!(error instanceof RepmgrError) || !saysNo(error)) {
      if (error instanceof RepmgrError && error.code === 'connection_failed') return undefined;
      throw error;
    }
    return { ...unknown, found: `It answers: ${error.detail ?? error.message}` };
  }
}

function saysNo({ code, cause }: RepmgrError): boolean {
  if (code === 'password_refused') return true;
  return code === 'connection_failed' && cause instanceof RepmgrError && !isUnanswered(cause);
}

function withoutTarget(wish: RejoinWish): RepmgrError {
  return failure('usage', {
    message: 'a node of the cluster that runs must be named',
    detail: 'The metadata of this node cannot be read while its server is stopped.',
    hint: `For example: ${wish.ownCommand('-h HOST node rejoin')}`,
  });
}

/** Its repmgrd would take the upstream away again, or rejoin it itself. */
async function leftAlone(context: CommandContext, work: () => Promise<void>): Promise<void> {
  const { log } = context;
  const view = await localViewIfAny(context);
  if (view === undefined || view.maintenanceLeftMs !== null) {
    await work();
    return;
  }
  if (view.leadership.leader === view.node) {
    throw failure('rejoin_refused', {
      message: 'this node leads the cluster',
      detail: 'Its repmgrd waits for its server to come back.',
      hint: 'Start the server; or switch over to another node first.',
    });
  }
  const maintenance = { kind: 'maintenance', node: null } as const;
  log.info('repmgrd leaves this node alone meanwhile');
  await requestOfOperator(context, { ...maintenance, lengthMs: limits.rewindMs });
  try {
    await work();
  } finally {
    await requestOfOperator(context, { ...maintenance, lengthMs: 0 }).catch((error: unknown) => {
      log.warning('the maintenance of this node could not be ended', {
        detail: error instanceof Error ? error.message : String(error),
        hint: 'End it with: repmgr node maintenance --off',
      });
    });
  }
}

/** repmgr 5 has one exit code for whatever keeps a node from streaming again. */
function asRejoin(error: unknown): unknown {
  if (!(error instanceof RepmgrError) || error.code !== 'streaming_not_started') return error;
  const { code, message, detail, hint, cause } = error;
  return failure(code, { message, detail, hint, cause, exit: 'rejoinFailed' });
}
