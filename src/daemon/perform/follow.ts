/** Lets the own standby stream from another node, at once (rule 4). */
import { runsOwnCommand } from '../../cluster/own-line.ts';
import { followConninfo } from '../../cluster/follow/settings.ts';
import { failure } from '../../errors.ts';
import type { ActionResult } from '../../failover/events.ts';
import { limits } from '../../limits.ts';
import { substitutePlaceholders } from '../../model/command-template.ts';
import { redactConninfo } from '../../model/conninfo.ts';
import { type NodeId, type NodeRecord, replicationSlotName } from '../../model/node.ts';
import { readConninfo } from '../../postgres/conninfo-defaults.ts';
import { isClosedStandby } from '../../postgres/closed-standby.ts';
import { restoreSettings } from '../../postgres/kept-settings.ts';
import { findPostmaster } from '../../postgres/postmaster.ts';
import type { RecoverySettings } from '../../postgres/recovery-config.ts';
import { ownStatus } from '../../postgres/queries/own-status.ts';
import { autoConf } from '../../postgres/server-settings.ts';
import { hasStreamingReceiver } from '../../postgres/wal-receiver-process.ts';
import { waitUntil } from '../../system/clock.ts';
import { runCommandLine } from '../../system/shell.ts';
import { type OwnServer, type PerformContext, requireServer } from './context.ts';
import { daemonEnvironment } from './daemon-environment.ts';
import { formerConninfo } from './receiver-settings.ts';
import { recordFollowing } from './record-following.ts';
import { reload } from './reload.ts';
import { prepareSlot } from './slots.ts';
import { useUpstream } from './use-upstream.ts';

/** @throws Error, RepmgrError where it is no standby that runs, the slot cannot be had, or a command of the user's fails */
export async function follow(context: PerformContext, node: NodeId): Promise<ActionResult> {
  const server = requireServer(context);
  const { followCommand } = context.config;
  if ((await findPostmaster(server.dataDirectory)) === undefined) {
    throw new Error('PostgreSQL does not run as a standby');
  }
  const upstream = rowOf(context, node);
  if (followCommand !== undefined && !runsOwnCommand(followCommand, 'standby follow')) {
    await runOrder(followCommand, upstream, context);
    if (!(await nudgeUntilStreaming(context, server))) tellThatItDoesNotStream(context, upstream);
  } else {
    await prepareSlot(context, upstream);
    await streamFrom(context, server, upstream);
  }
  void recordFollowing(context, upstream);
  return { kind: 'done' };
}

async function streamFrom(context: PerformContext, server: OwnServer, upstream: NodeRecord): Promise<void> {
  await useUpstream(context, server, await upstreamSettings(context, server, upstream));
  await nudgeUntilStreaming(context, server);
}

/** The settings with which this node streams from another one. @throws the system's error */
export async function upstreamSettings(
  { config, self, nodes }: PerformContext,
  server: OwnServer,
  upstream: NodeRecord,
): Promise<RecoverySettings> {
  const own = nodes().find(({ id }) => id === self);
  const wish = {
    node: {
      id: self,
      name: own?.name ?? config.nodeName,
      clusterName: config.clusterName,
      conninfo: readConninfo(config.conninfo),
    },
    replication: {
      user: config.replicationUser,
      extras: config.replicationConninfo === undefined ? undefined : readConninfo(config.replicationConninfo),
      passfile: config.passfile,
      password: undefined,
      withoutPassword: false,
      primaryConninfo: undefined,
    },
  };
  const former = await formerConninfo(server);
  const settings = former === undefined ? undefined : { primary_conninfo: former };
  const conninfo = followConninfo(wish, readConninfo(upstream.conninfo), {
    version: server.version,
    settings,
  });
  // Safe start had taken it away.
  await restoreSettings(autoConf(server.dataDirectory), ['restore_command'], { isDurable: true });
  return {
    primary_conninfo: conninfo,
    primary_slot_name: config.useReplicationSlots ? replicationSlotName(self) : undefined,
    recovery_target_timeline: 'latest',
    ...(config.restoreCommand === undefined ? {} : { restore_command: config.restoreCommand }),
  };
}

/**
 * After a failed try a standby waits wal_retrieve_retry_interval, unless it is told to read its settings: the new primary
 * may not have been ready a moment ago. Whether it streams is seen by whoever observes the server.
 */
async function nudgeUntilStreaming(context: PerformContext, server: OwnServer): Promise<boolean> {
  const { signal } = context;
  const look = async (): Promise<true | undefined> => {
    const streams = await waitUntil(async () => ((await isStreaming(context, server)) ? true : undefined), {
      deadlineMs: limits.followNudgeMs,
      intervalMs: limits.serverPollMs,
      signal,
    });
    if (streams === undefined) await reload(server);
    return streams;
  };
  return (await waitUntil(look, { deadlineMs: limits.followStreamsMs, intervalMs: 0, signal })) !== undefined;
}

function tellThatItDoesNotStream({ log }: PerformContext, { name }: NodeRecord): void {
  log.warning(`follow_command ended with 0, but the server does not stream from node "${name}" yet`, {
    hint: 'If it goes on so, run the command by hand, or leave follow_command out: repmgrd follows by itself then.',
  });
}

async function isStreaming({ connections, signal }: PerformContext, server: OwnServer): Promise<boolean> {
  const postmaster = await findPostmaster(server.dataDirectory);
  if (postmaster !== undefined && (await isClosedStandby(server, postmaster))) {
    return await hasStreamingReceiver(postmaster.pid);
  }
  const control = await connections.get('control');
  const { receiver } = await ownStatus(control, { deadlineMs: limits.ownAnswerMs, signal });
  return receiver?.isStreaming === true;
}

async function runOrder(command: string, upstream: NodeRecord, { signal }: PerformContext): Promise<void> {
  const line = substitutePlaceholders(command, (letter) =>
    letter === 'n' ? String(upstream.id) : undefined,
  );
  const result = await runCommandLine(line, {
    deadlineMs: limits.followCommandMs,
    signal,
    env: daemonEnvironment('follow'),
  });
  if (result.exitCode === 0 && !result.timedOut) return;
  throw failure('server_control_failed', {
    message: result.timedOut
      ? `follow_command did not end within ${limits.followCommandMs / 1000} s`
      : `follow_command failed with exit code ${result.exitCode}`,
    detail: redactConninfo([line, result.stderr.trim()].join('\n')),
    hint: 'Run it by hand to see what is wrong, or leave follow_command out: repmgrd follows by itself then.',
  });
}

export function rowOf({ nodes }: PerformContext, id: NodeId): NodeRecord {
  const row = nodes().find((node) => node.id === id);
  if (row === undefined) throw new Error(`node ${id} is not registered, as far as this node knows`);
  return row;
}
