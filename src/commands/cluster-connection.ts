/** What the commands share that only look at a cluster, and need no repmgr.conf for it: its name, and a server of it. */
import type { Config } from '../config/resolve.ts';
import { failure, RepmgrError } from '../errors.ts';
import { formatConninfo } from '../model/conninfo.ts';
import { toNodeId } from '../model/node.ts';
import { type Connection, connect } from '../postgres/connection.ts';
import { attemptFailureOf, isNameUnknown, isUnanswered } from '../postgres/connection-failure.ts';
import { connectionFromOptions } from './connection-options.ts';
import type { CommandContext } from './command.ts';
import { hasNoServer } from './local-node.ts';
import { nameOf } from './options.ts';

/** @throws RepmgrError usage, where neither repmgr.conf nor --cluster tells */
export function nameOfCluster({ options, config }: CommandContext): string {
  const name = options.cluster ?? config?.clusterName;
  if (name !== undefined && name !== '') return name;
  throw failure('usage', {
    message: 'the name of the cluster is not known',
    detail: 'There is no repmgr.conf, and --cluster was not given.',
    hint: 'Add "-f /path/to/repmgr.conf", or "--cluster=NAME" and the connection options.',
  });
}

/** As in repmgr 3, connection options count only where no repmgr.conf gives a conninfo. */
export function clusterConninfo({ options, config, environment, log }: CommandContext): string {
  if (config !== undefined && config.conninfo !== '') {
    const useless = (['host', 'port', 'username'] as const).filter((key) => options[key] !== undefined);
    if (useless.length > 0 && options.terse !== true) {
      const names = useless.map((key) => `"${nameOf(key)}"`).join(', ');
      log.warning(`${names} without effect: "conninfo" in "${config.sourceFile}" says which server is asked`);
    }
    return config.conninfo;
  }
  return formatConninfo(connectionFromOptions(options, environment));
}

/**
 * The caller closes the connection.
 * @throws RepmgrError as connect()
 */
export async function connectToCluster(context: CommandContext, conninfo: string): Promise<Connection> {
  const { config, signal } = context;
  if (config !== undefined && hasNoServer(context)) {
    const { connectToKnownNode } = await import('./known-cluster.ts');
    return await connectToKnownNode(config, signal);
  }
  try {
    return await connect(conninfo, { signal });
  } catch (error) {
    if (!(error instanceof RepmgrError) || !isUnanswered(error)) throw error;
    const { code, message, detail } = error;
    throw failure(code, { message, detail, hint: await hintFor(error, config), cause: error });
  }
}

async function hintFor(error: RepmgrError, config: Config | undefined): Promise<string> {
  const failed = attemptFailureOf(error);
  if (failed !== undefined && isNameUnknown(failed)) {
    const place =
      config === undefined ? 'after -h' : `in "conninfo" of ${config.sourceFile ?? 'repmgr.conf'}`;
    return `Correct the host ${place}, or make its name known: getent hosts ${failed.target.host}`;
  }
  if (config === undefined)
    return 'Name a server of the cluster that is up: -h HOST -p PORT -d DBNAME -U USER.';
  const self = toNodeId(config.nodeId);
  const { cloneAgainHint, knownDamage } = await import('../cluster/rejoin/damage.ts');
  return self !== undefined && (await knownDamage(config, self)) !== undefined
    ? cloneAgainHint(config)
    : 'Start the PostgreSQL of this node, or run the command on one whose PostgreSQL is up: "repmgr cluster show" there says which.';
}
