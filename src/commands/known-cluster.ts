/** A server of the cluster for a witness that has none: as its state file knows the others. */
import { readFile } from 'node:fs/promises';
import { ownCommand } from '../cluster/own-command.ts';
import { readStateText, stateFilePath } from '../cluster/state-file.ts';
import type { Config } from '../config/resolve.ts';
import { failure, RepmgrError } from '../errors.ts';
import type { NodeRecord } from '../model/node.ts';
import { type Connection, connect } from '../postgres/connection.ts';
import { checkedNodeId } from './local-node.ts';

/**
 * Connects to the primary as this node knows it, else to any other node; the caller closes the connection.
 * @throws RepmgrError node_not_registered, where this node has not joined; connection_failed; interrupted
 */
export async function connectToKnownNode(config: Config, signal: AbortSignal): Promise<Connection> {
  const reasons: string[] = [];
  for (const { name, conninfo } of await knownServers(config)) {
    try {
      return await connect(conninfo, { signal });
    } catch (error) {
      if (!(error instanceof RepmgrError) || error.code === 'interrupted') throw error;
      reasons.push(`Node "${name}": ${error.message}: ${error.detail ?? ''}`);
    }
  }
  throw failure('connection_failed', {
    message: 'no PostgreSQL of the cluster can be asked from this witness',
    detail: reasons.join('\n'),
    hint: 'Let this host in, in pg_hba.conf of the nodes, or run the command on one of them; "repmgr daemon status" needs no PostgreSQL.',
  });
}

async function knownServers(config: Config): Promise<readonly NodeRecord[]> {
  const { stateDirectory, clusterName, nodeId } = config;
  const owner = { stateDirectory, clusterName, self: checkedNodeId(nodeId, 'node') };
  const text = await readFile(stateFilePath(owner), 'utf8').catch(() => '');
  const state = readStateText(text, owner);
  const nodes = typeof state === 'string' ? [] : state.facts.nodes.filter(({ conninfo }) => conninfo !== '');
  if (nodes.length === 0) {
    throw failure('node_not_registered', {
      message: 'this node has no PostgreSQL, and has not joined a cluster',
      detail: `"conninfo" is not set, and there is no state file "${stateFilePath(owner)}" that names the others.`,
      hint: `On the primary: repmgr witness invite; then here: ${ownCommand(config, 'witness join')}`,
    });
  }
  const rank = ({ role, isActive }: NodeRecord): number => (role === 'primary' && isActive ? 0 : 1);
  return nodes.toSorted((a, b) => rank(a) - rank(b));
}
