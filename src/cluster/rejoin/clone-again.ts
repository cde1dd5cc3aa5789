/** Makes a node a fresh copy of another one: what a rejoin does where nothing less helps. */
import type { Config } from '../../config/resolve.ts';
import type { Logger } from '../../log/logger.ts';
import { type Conninfo, mergeConninfo } from '../../model/conninfo.ts';
import type { NodeId, NodeRecord } from '../../model/node.ts';
import { readConninfo } from '../../postgres/conninfo-defaults.ts';
import { executeClone } from '../clone/execute.ts';
import { inspectClone } from '../clone/inspect.ts';
import { planClone } from '../clone/plan.ts';
import type { CloneWish } from '../clone/wish.ts';

export interface CloneAgain {
  readonly config: Config;
  readonly self: NodeId;
  readonly dataDirectory: string;
  readonly source: NodeRecord;
  /** How the source is reached: its conninfo, with addresses that are known. */
  readonly sourceConninfo: Conninfo;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/**
 * The server is stopped. What is in the directory is kept aside until the copy is complete, and is back where that fails.
 * @throws RepmgrError as `repmgr standby clone --force`
 */
export async function cloneAgain(options: CloneAgain): Promise<void> {
  const { log, signal } = options;
  const wish = wishOf(options);
  const facts = await inspectClone(wish, { log, signal });
  const plan = planClone(facts, wish);
  for (const { level, message, ...parts } of plan.remarks) log[level](message, parts);
  await executeClone({ wish, facts, plan, log, signal, progress: silent });
}

const silent = { onStart() {}, onProgress() {}, onEnd() {} };

function wishOf({ config, self, dataDirectory, source, sourceConninfo }: CloneAgain): CloneWish {
  const own = readConninfo(config.conninfo);
  const role = own['user'] === undefined ? {} : { user: own['user'] };
  return {
    source: mergeConninfo(role, sourceConninfo),
    dataDirectory,
    node: { id: self, name: config.nodeName, clusterName: config.clusterName, conninfo: own },
    usesSlot: config.useReplicationSlots,
    upstreamNodeId: source.id,
    copy: {
      method: undefined,
      programDirectory: config.pgBindir,
      pgBasebackupOptions: config.pgBasebackupOptions,
      isCheckpointFast: true,
      isVerified: false,
      tablespaceMapping: config.tablespaceMapping,
    },
    sourceHost: {
      user: undefined,
      sshOptions: config.sshOptions,
      rsyncOptions: config.rsyncOptions,
      externalFiles: undefined,
    },
    replication: {
      user: config.replicationUser,
      extras: config.replicationConninfo === undefined ? undefined : readConninfo(config.replicationConninfo),
      passfile: config.passfile,
      password: undefined,
      withoutPassword: false,
      primaryConninfo: undefined,
    },
    recovery: {
      minApplyDelay: config.recoveryMinApplyDelay,
      restoreCommand: config.restoreCommand,
      archiveCleanupCommand: config.archiveCleanupCommand,
    },
    walKeepSegments: undefined,
    mayReplace: true,
  };
}
