/** What `standby follow` is to do, from its options and repmgr.conf. */
import type { FollowWish } from '../cluster/follow/wish.ts';
import { ownCommand } from '../cluster/own-command.ts';
import { failure } from '../errors.ts';
import type { Conninfo } from '../model/conninfo.ts';
import { readConninfo } from '../postgres/conninfo-defaults.ts';
import { replicationOf } from './clone-wish.ts';
import type { CommandContext } from './command.ts';
import { connectionFromOptions, withOwnRole } from './connection-options.ts';
import { checkedNodeId, requireConfig } from './local-node.ts';

/** @throws RepmgrError usage, configuration_file_unreadable or conninfo_invalid */
export function followWishOf(context: CommandContext): FollowWish {
  const { options } = context;
  const config = requireConfig(context);
  const { upstreamNodeId } = options;
  refuseOtherNode(context);
  return {
    node: {
      id: checkedNodeId(config.nodeId, 'node'),
      name: config.nodeName,
      clusterName: config.clusterName,
      conninfo: readConninfo(config.conninfo),
    },
    target: targetOf(context),
    upstreamNodeId:
      upstreamNodeId === undefined ? undefined : checkedNodeId(upstreamNodeId, '--upstream-node-id'),
    dataDirectory: options.dataDir ?? config.dataDirectory,
    waitMs: waitMs(context),
    usesSlot: config.useReplicationSlots,
    replication: replicationOf(context),
    recovery: {
      minApplyDelay: options.recoveryMinApplyDelay ?? config.recoveryMinApplyDelay,
      restoreCommand: config.restoreCommand,
      archiveCleanupCommand: config.archiveCleanupCommand,
    },
    mustRestart: config.standbyFollowRestart,
    streamingMs: config.standbyFollowTimeoutMs,
    ownCommand: (words) => ownCommand(config, words),
  };
}

/** Whoever has nodes of other hosts follow says which one each host is. */
function refuseOtherNode({ options, config }: CommandContext): void {
  const meant = options.nodeId ?? options.node;
  if (meant === undefined || meant === config?.nodeId) return;
  throw failure('usage', {
    message: `this is not node ${meant}`,
    detail: `"${config?.sourceFile}" is of node ${config?.nodeId}, and "standby follow" is about the local server alone.`,
    hint: `Name the repmgr.conf of node ${meant} with -f, or leave out --node-id.`,
  });
}

/** Only a host that is named chooses a server; PGHOST does not. User and database are those of our own conninfo. */
function targetOf(context: CommandContext): Conninfo | undefined {
  const { options, operands, environment } = context;
  const named = { ...options, host: operands[0] ?? options.host };
  const given = connectionFromOptions(named, {});
  if (given['host'] === undefined && given['hostaddr'] === undefined && given['service'] === undefined) {
    return undefined;
  }
  return withOwnRole(connectionFromOptions(named, environment), requireConfig(context));
}

/** `-W` and `--wait` wait without limit unless primary_follow_timeout is set, `--wait=N` waits N seconds. */
function waitMs({ options, config }: CommandContext): number {
  const { wait, noWait } = options;
  if (wait === undefined || wait === false || noWait === true) return 0;
  return wait === true ? (config?.primaryFollowTimeoutMs ?? Infinity) : wait * 1000;
}
