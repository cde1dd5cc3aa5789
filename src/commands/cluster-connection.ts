/** What the commands share that only look at a cluster, and need no repmgr.conf for it: its name, and a server of it. */
import { failure, RepmgrError } from '../errors.ts';
import { formatConninfo } from '../model/conninfo.ts';
import { type Connection, connect } from '../postgres/connection.ts';
import { isUnanswered } from '../postgres/connection-failure.ts';
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
    throw failure(error.code, {
      message: error.message,
      detail: error.detail,
      hint:
        config === undefined
          ? 'Name a server of the cluster that is up: -h HOST -p PORT -d DBNAME -U USER.'
          : 'Start the PostgreSQL of this node, or run the command on one whose PostgreSQL is up: "repmgr cluster show" there says which.',
      cause: error,
    });
  }
}
