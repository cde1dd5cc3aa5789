/** What `standby clone` is to do, from its options and repmgr.conf. */
import type { BackupMethod, CloneNode, CloneWish, ReplicationWish } from '../cluster/clone/wish.ts';
import type { Config } from '../config/resolve.ts';
import { failure } from '../errors.ts';
import { type Conninfo, mergeConninfo } from '../model/conninfo.ts';
import { readConninfo } from '../postgres/conninfo-defaults.ts';
import type { CommandContext } from './command.ts';
import { connectionFromOptions, withOwnRole } from './connection-options.ts';
import { checkedNodeId } from './local-node.ts';

/** @throws RepmgrError usage or conninfo_invalid */
export function wishOf(context: CommandContext): CloneWish {
  const { options, config } = context;
  const upstreamNodeId = options.upstreamNodeId ?? config?.upstreamNodeId;
  return {
    source: sourceOf(context),
    dataDirectory: options.dataDir ?? config?.dataDirectory,
    node: config === undefined ? undefined : nodeOf(config),
    usesSlot: config?.useReplicationSlots ?? false,
    upstreamNodeId:
      upstreamNodeId === undefined ? undefined : checkedNodeId(upstreamNodeId, '--upstream-node-id'),
    copy: {
      method: methodOf(context),
      programDirectory: options.pgBindir ?? config?.pgBindir,
      pgBasebackupOptions: config?.pgBasebackupOptions ?? '',
      isCheckpointFast: options.fastCheckpoint === true,
      isVerified: options.verifyBackup === true,
      tablespaceMapping: config?.tablespaceMapping ?? [],
    },
    sourceHost: {
      user: options.remoteUser,
      sshOptions: config?.sshOptions,
      rsyncOptions: config?.rsyncOptions,
      externalFiles: options.replicationConfOnly === true ? undefined : options.copyExternalConfigFiles,
    },
    replication: replicationOf(context),
    recovery: {
      minApplyDelay: options.recoveryMinApplyDelay ?? config?.recoveryMinApplyDelay,
      restoreCommand: config?.restoreCommand,
      archiveCleanupCommand: config?.archiveCleanupCommand,
    },
    walKeepSegments: options.walKeepSegments,
    mayReplace: options.force === true,
  };
}

/** @throws RepmgrError usage */
function methodOf({ options }: CommandContext): BackupMethod | undefined {
  const { backupMethod, rsyncOnly, replicationConfOnly } = options;
  if (replicationConfOnly === true) return undefined;
  if (rsyncOnly !== true) return backupMethod;
  if (backupMethod === undefined || backupMethod === 'rsync') return 'rsync';
  throw failure('usage', {
    message: `options "--rsync-only" and "--backup-method=${backupMethod}" contradict each other`,
    detail: 'Both say how the copy is made.',
    hint: 'Leave one of the two out.',
  });
}

/**
 * The server of -h, -d, -p, -U, or of NODE; where only its host is named, user and database are those of our own
 * conninfo, which are the same on all nodes.
 */
function sourceOf({ options, operands, config, environment }: CommandContext): Conninfo {
  const [node] = operands;
  const given = connectionFromOptions(node === undefined ? options : { ...options, host: node }, environment);
  const isServerNamed = given['host'] !== undefined || given['hostaddr'] !== undefined || given['service'];
  const upstream = options.upstreamConninfo;
  if (!isServerNamed && upstream !== undefined) return mergeConninfo(readConninfo(upstream), given);
  return withOwnRole(given, config);
}

function nodeOf(config: Config): CloneNode {
  return {
    id: checkedNodeId(config.nodeId, 'node'),
    name: config.nodeName,
    clusterName: config.clusterName,
    conninfo: readConninfo(config.conninfo),
  };
}

export function replicationOf({ options, config, environment }: CommandContext): ReplicationWish {
  const extras = options.replicationConninfo ?? config?.replicationConninfo;
  return {
    user: options.replicationUser ?? config?.replicationUser,
    extras: extras === undefined ? undefined : readConninfo(extras),
    passfile: config?.passfile,
    password: config?.usePrimaryConninfoPassword === true ? environment['PGPASSWORD'] : undefined,
    withoutPassword: options.noConninfoPassword === true,
    primaryConninfo: options.upstreamConninfo,
  };
}
