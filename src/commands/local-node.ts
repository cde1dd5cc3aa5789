/** What the commands that work on the local node share: its configuration and its server. */
import type { Config } from '../config/resolve.ts';
import { failure, RepmgrError } from '../errors.ts';
import { type NodeId, toNodeId } from '../model/node.ts';
import { type Connection, connect } from '../postgres/connection.ts';
import { attemptFailureOf, isNameUnknown, isUnanswered } from '../postgres/connection-failure.ts';
import type { CommandContext } from './command.ts';

/** @throws RepmgrError configuration_file_unreadable, where no repmgr.conf was found */
export function requireConfig({ config }: CommandContext): Config {
  if (config !== undefined) return config;
  throw failure('configuration_file_unreadable', {
    message: 'no repmgr.conf was found',
    detail: 'This command needs to know the node that it works on.',
    hint: 'Name the file with "-f /path/to/repmgr.conf".',
  });
}

/**
 * Connects to the server of `conninfo` in repmgr.conf; the caller closes the connection.
 * @param hint what to do where nobody answers
 * @throws RepmgrError as connect(); usage, where the node has no server
 */
export async function connectLocally(context: CommandContext, hint?: string): Promise<Connection> {
  requireOwnServer(requireConfig(context));
  try {
    return await connect(requireConfig(context).conninfo, { signal: context.signal });
  } catch (error) {
    if (!(error instanceof RepmgrError) || error.code !== 'connection_failed') throw error;
    const failed = attemptFailureOf(error);
    const isDown = isUnanswered(error) && !(failed !== undefined && isNameUnknown(failed));
    throw failure('connection_failed', {
      message: 'the local server cannot be reached',
      detail: [error.message, error.detail].filter(Boolean).join(': '),
      hint: hint !== undefined && isDown ? hint : error.hint,
      cause: error,
    });
  }
}

/** Without a conninfo libpq's defaults would lead to whatever listens here. @throws RepmgrError usage */
export function requireOwnServer({ conninfo, sourceFile }: Config): void {
  if (conninfo !== '') return;
  throw failure('usage', {
    message: 'this command needs the PostgreSQL of this node, which has none',
    detail: `"conninfo" is not set in ${sourceFile ?? 'repmgr.conf'}: it is that of a witness without PostgreSQL.`,
    hint: 'Run the command on a node with PostgreSQL; "repmgr cluster show" lists them.',
  });
}

/** Whether the command has nothing else to go by: no own server, and none named. */
export function hasNoServer({ config, options, environment }: CommandContext): boolean {
  const named = [options.host, options.dbname, environment['PGHOST'], environment['PGSERVICE']];
  return config?.conninfo === '' && named.every((it) => it === undefined || it === '');
}

/** The node that an unregistration means: --node-name, --node-id (--node), else the local one. */
export function targetOf(context: CommandContext): { readonly id: NodeId } | { readonly name: string } {
  const { options } = context;
  const id = options.nodeId ?? options.node;
  if (id === undefined && options.nodeName !== undefined) return { name: options.nodeName };
  return { id: checkedNodeId(id ?? requireConfig(context).nodeId, '--node-id') };
}

/** @throws RepmgrError usage, where the number is no node id */
export function checkedNodeId(value: number, optionName: string): NodeId {
  const id = toNodeId(value);
  if (id !== undefined) return id;
  throw failure('usage', {
    message: `${optionName}: ${value} is not a node id`,
    detail: 'Node ids are whole numbers from 1 to 2147483647.',
    hint: 'Run "repmgr cluster show" to see the nodes.',
  });
}
