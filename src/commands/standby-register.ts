/** `repmgr standby register`: makes a standby known to the cluster. docs/metadata.md */
import { findPrimary, requirePrimary, severalPrimaries } from '../cluster/find-primary.ts';
import { listNodes } from '../cluster/metadata/nodes.ts';
import { requireSchema } from '../cluster/metadata/schema.ts';
import { recordEvent } from '../cluster/record-event.ts';
import { ownRecord } from '../cluster/register/record.ts';
import {
  planStandbyRegistration,
  type StandbyFacts,
  type StandbyPlan,
  type StandbyWish,
} from '../cluster/register/standby-plan.ts';
import { refuseForeignStandby, registerStandby, waitForRow } from '../cluster/register/standby.ts';
import { type ErrorCode, failure, RepmgrError } from '../errors.ts';
import { limits } from '../limits.ts';
import { redactConninfo } from '../model/conninfo.ts';
import type { NodeRecord } from '../model/node.ts';
import { connect, type Connection } from '../postgres/connection.ts';
import { isInRecovery } from '../postgres/queries/server.ts';
import { renderSteps } from '../render/steps.ts';
import { monotonicMs, waitUntil } from '../system/clock.ts';
import { connectionFromOptions, withOwnRole } from './connection-options.ts';
import type { CommandContext } from './command.ts';
import { tellFormerReferences } from './former-references.ts';
import { checkedNodeId, connectLocally, requireConfig } from './local-node.ts';

/** Exit codes as repmgr 3: 6 without a local server, 1 for anything refused, 20 when --wait-sync runs out. */
export async function run(context: CommandContext): Promise<void> {
  const local = await connectToStandby(context);
  let primary: FoundPrimary | undefined;
  try {
    if (local !== undefined) await refusePrimary(local);
    primary =
      local === undefined ? await primaryFromOptions(context) : await primaryFromMetadata(context, local);
    if (local !== undefined) await refuseForeignStandby(local, primary.connection);
    await local?.close();
    await register(context, primary);
  } finally {
    await primary?.connection.close();
    await local?.close();
  }
}

interface FoundPrimary {
  readonly node: NodeRecord;
  readonly connection: Connection;
}

async function register(context: CommandContext, primary: FoundPrimary): Promise<void> {
  const { options, log } = context;
  const config = requireConfig(context);
  const wish = wishOf(context);
  const facts = {
    schema: await requireSchema(primary.connection, config.clusterName),
    nodes: await listNodes(primary.connection, config.clusterName),
    primary: primary.node,
  };
  const plan = planStandbyRegistration(facts, wish);
  if (options.dryRun === true) {
    context.print(renderSteps(plan.steps, { isJson: options.json === true }));
    return;
  }
  for (const notice of plan.notices) log.notice(notice);
  for (const step of plan.steps) log.info(step);
  const { record } = await writeRows(context, primary, facts, wish);
  await report(context, primary, { name: 'standby_register', isSuccessful: true });
  log.notice(
    `standby node registered for cluster "${config.clusterName}": ID ${record.id}, conninfo "${redactConninfo(record.conninfo)}"`,
  );
  await tellFormerReferences(context, primary.connection, { nodes: facts.nodes, after: record });
  if (options.waitSync === undefined || options.waitSync === false) return;
  await waitForSync(context, primary, record);
}

function wishOf(context: CommandContext): StandbyWish {
  const { options } = context;
  const config = requireConfig(context);
  const upstreamId = options.upstreamNodeId ?? config.upstreamNodeId;
  return {
    node: ownRecord(
      config,
      'standby',
      upstreamId === undefined ? undefined : checkedNodeId(upstreamId, '--upstream-node-id'),
    ),
    daemonAddress: config.apiAdvertise,
    force: options.force === true,
    upstreamConninfo: options.upstreamConninfo,
  };
}

/** A failure to write is an event too, and exit code 1 as in repmgr 3. */
async function writeRows(
  context: CommandContext,
  primary: FoundPrimary,
  facts: StandbyFacts,
  wish: StandbyWish,
): Promise<StandbyPlan> {
  try {
    return await registerStandby(primary.connection, facts, wish);
  } catch (error) {
    if (!(error instanceof RepmgrError) || !failuresToWrite.includes(error.code)) throw error;
    const details = [error.message, error.detail].filter(Boolean).join(': ');
    await report(context, primary, { name: 'standby_register', isSuccessful: false, details });
    throw failure(error.code, {
      message: 'the row of the standby could not be written; nothing was changed',
      detail: details,
      hint: error.hint,
      cause: error.cause,
      exit: 'badConfiguration',
    });
  }
}

const failuresToWrite: readonly ErrorCode[] = ['query_failed', 'query_timeout', 'connection_lost'];

async function report(
  context: CommandContext,
  { node, connection }: FoundPrimary,
  event: { readonly name: string; readonly isSuccessful: boolean; readonly details?: string },
): Promise<void> {
  const config = requireConfig(context);
  const nodeId = checkedNodeId(config.nodeId, 'node');
  const related = { nodeId: node.id, name: node.name, conninfo: node.conninfo };
  await recordEvent({ connection, config, log: context.log, event: { ...event, nodeId, related } });
}

async function waitForSync(
  context: CommandContext,
  primary: FoundPrimary,
  record: NodeRecord,
): Promise<void> {
  const seconds = context.options.waitSync;
  const deadlineMs = typeof seconds === 'number' ? seconds * 1000 : limits.registrationSyncMs;
  context.log.info(`waiting up to ${deadlineMs / 1000} seconds for the row to arrive on the standby`);
  await waitForRow(primary.connection, record, { deadlineMs, signal: context.signal });
  await report(context, primary, { name: 'standby_register_sync', isSuccessful: true });
  context.log.notice('the row is visible on the standby');
}

/** With --force a standby that does not run is registered too, and undefined stands for its connection. */
async function connectToStandby(context: CommandContext): Promise<Connection | undefined> {
  const { waitStart, force } = context.options;
  if (waitStart !== undefined && waitStart !== false) {
    const deadlineMs = typeof waitStart === 'number' ? waitStart * 1000 : limits.standbyStartMs;
    context.log.info(`waiting up to ${deadlineMs / 1000} seconds for the local server`);
    const endsAtMs = monotonicMs() + deadlineMs;
    const connection = await waitUntil(
      () => connectQuietly(context, Math.max(limits.pollMs, endsAtMs - monotonicMs())),
      { deadlineMs, signal: context.signal },
    );
    if (connection !== undefined) return connection;
  }
  if (force === true) return connectQuietly(context);
  return connectLocally(
    context,
    'Start the standby, or add --force and the connection options of the primary (-h, -p, -U, -d).',
  );
}

async function connectQuietly(context: CommandContext, deadlineMs?: number): Promise<Connection | undefined> {
  try {
    return await connect(requireConfig(context).conninfo, { deadlineMs, signal: context.signal });
  } catch (error) {
    if (!(error instanceof RepmgrError) || error.code !== 'connection_failed') throw error;
    context.log.debug('the local server does not answer', { detail: error.detail ?? error.message });
    return undefined;
  }
}

async function refusePrimary(local: Connection): Promise<void> {
  if (await isInRecovery(local)) return;
  throw failure('not_a_standby', {
    message: 'the local server is not a standby',
    detail: `${local.host}:${local.port} accepts writes.`,
    hint: 'Run "repmgr primary register" for a primary; "repmgr standby clone" makes a standby.',
  });
}

async function primaryFromMetadata(context: CommandContext, local: Connection): Promise<FoundPrimary> {
  const { clusterName } = requireConfig(context);
  await requireSchema(local, clusterName);
  return requirePrimary(local, clusterName, context);
}

async function primaryFromOptions(context: CommandContext): Promise<FoundPrimary> {
  const { clusterName } = requireConfig(context);
  const given = await connectByOptions(context);
  try {
    if (await isInRecovery(given)) {
      throw failure('not_a_primary', {
        message: 'the server of the connection options is not the primary',
        detail: `${given.host}:${given.port} is in recovery.`,
        hint: 'Give host and port of the primary.',
      });
    }
    await requireSchema(given, clusterName);
    const found = await findPrimary(given, clusterName, context);
    if (found.kind === 'found') return found;
    if (found.kind === 'several') throw severalPrimaries(found.nodes);
    throw failure('primary_not_found', {
      message: 'the primary of the connection options is not registered',
      detail: `None of the registered nodes is ${given.host}:${given.port}.`,
      hint: 'Run "repmgr primary register" on the primary first.',
    });
  } finally {
    await given.close();
  }
}

async function connectByOptions(context: CommandContext): Promise<Connection> {
  const { options, environment, signal } = context;
  if (options.host === undefined && options.dbname === undefined) {
    throw failure('usage', {
      message: 'the local server cannot be reached, and no connection options for the primary were given',
      detail: 'With --force the row is written on the primary without asking the standby.',
      hint: 'Add -h and -p of the primary (-U and -d where they differ from "conninfo"), or start the local server.',
    });
  }
  try {
    const given = connectionFromOptions(options, environment);
    return await connect(withOwnRole(given, requireConfig(context)), { signal });
  } catch (error) {
    if (!(error instanceof RepmgrError) || error.code !== 'connection_failed') throw error;
    throw failure('primary_not_found', {
      message: 'the primary of the connection options cannot be reached',
      detail: [error.message, error.detail].filter(Boolean).join(': '),
      hint: 'Check -h, -p, -U and -d; they must lead to the primary.',
      cause: error,
    });
  }
}
