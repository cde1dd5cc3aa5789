/** What a repmgrd needs before it can begin: a place for its state, some knowledge of the cluster, its own server. */
import { realpath } from 'node:fs/promises';
import { knownDataDirectory } from '../cluster/local-server.ts';
import { ownCommand } from '../cluster/own-command.ts';
import { cloneAgainHint, knownDamage } from '../cluster/rejoin/damage.ts';
import type { StateFileOwner } from '../cluster/state-file.ts';
import type { Config } from '../config/resolve.ts';
import { failure, RepmgrError } from '../errors.ts';
import { limits } from '../limits.ts';
import type { Logger } from '../log/logger.ts';
import type { NodeId } from '../model/node.ts';
import { connect } from '../postgres/connection.ts';
import { waitUntil } from '../system/clock.ts';
import type { ClusterFacts } from './cluster-facts.ts';
import type { MetadataSource } from './metadata-source.ts';
import { readServerPlace, type ServerPlace } from './observe/server-place.ts';
import { readStateFile, type StateFileContent } from './state-file.ts';

/**
 * Waits until the metadata can be read, or were read in an earlier life: without them nobody knows who the others are.
 * @param onWaiting called once, where it has to wait
 * @throws RepmgrError interrupted
 */
export async function awaitFacts(
  watch: MetadataSource,
  onWaiting: () => Promise<void>,
  signal: AbortSignal,
): Promise<ClusterFacts> {
  let hasWaited = false;
  const found = await waitUntil(
    async () => {
      await watch.read();
      if (watch.facts.nodes.length > 0) return watch.facts;
      if (!hasWaited) await onWaiting();
      hasWaited = true;
      return undefined;
    },
    { deadlineMs: Number.POSITIVE_INFINITY, intervalMs: limits.metadataRetryMs, signal },
  );
  return found ?? watch.facts;
}

/**
 * A node without PostgreSQL knows the others by its state file alone: waits until `witness join` has written it.
 * @param first what was found at the start
 * @param onWaiting called once, where it has to wait
 * @throws RepmgrError interrupted, state_file_unreadable
 */
export async function awaitJoining(
  owner: StateFileOwner,
  first: StateFileContent,
  onWaiting: () => Promise<void>,
  signal: AbortSignal,
): Promise<StateFileContent> {
  const knowsOthers = (content: StateFileContent): boolean =>
    content.kind === 'read' && content.facts.nodes.length > 0;
  if (knowsOthers(first)) return first;
  await onWaiting();
  const joined = await waitUntil(
    async () => {
      const content = await readStateFile(owner);
      return knowsOthers(content) ? content : undefined;
    },
    { deadlineMs: Number.POSITIVE_INFINITY, intervalMs: limits.metadataRetryMs, signal },
  );
  return joined ?? first;
}

export async function tellOfWaiting(config: Config, self: NodeId, log: Logger): Promise<void> {
  if (config.conninfo === '') {
    log.warning('waiting until this node has joined a cluster', {
      detail:
        'It has no PostgreSQL ("conninfo" is not set), and no state file tells who belongs to the cluster.',
      hint: `On the primary: repmgr witness invite; then here: ${ownCommand(config, 'witness join')}`,
    });
    return;
  }
  const damage = await knownDamage(config, self);
  if (damage !== undefined) {
    log.error('waiting until this node was cloned again', {
      detail: `The data of this node are not whole: ${damage}. No state file tells who belongs to the cluster.`,
      hint: cloneAgainHint(config),
    });
    return;
  }
  log.warning('waiting until the metadata can be read', {
    detail: 'Neither the local server nor a state file tells who belongs to the cluster.',
    hint: `Start the local server, or check "conninfo" in ${config.sourceFile ?? 'repmgr.conf'}.`,
  });
}

/** @throws RepmgrError node_not_registered; the metadata were read, so this is no outage */
export function requireOwnRow(facts: ClusterFacts, config: Config, self: NodeId): void {
  const own = facts.nodes.find(({ id }) => id === self);
  if (own === undefined) {
    throw failure('node_not_registered', {
      message: `node ${self} is not registered in cluster "${config.clusterName}"`,
      detail: `The metadata have ${facts.nodes.length} nodes, and none with this id.`,
      hint: `Register it: ${ownCommand(config, 'standby register')} (or primary, or witness register).`,
    });
  }
  if (config.conninfo === '' && own.role !== 'witness') {
    throw failure('configuration_invalid', {
      message: '"conninfo" is missing in repmgr.conf',
      detail: `Node "${own.name}" (ID: ${self}) is registered as a ${own.role}; only a witness can do without PostgreSQL.`,
      hint: `Set conninfo, or correct "node" in ${config.sourceFile ?? 'repmgr.conf'}.`,
    });
  }
  if (!own.isActive && config.repmgrdExitOnInactiveNode) {
    throw failure('node_inactive', {
      message: `node "${own.name}" (ID: ${self}) is recorded as inactive`,
      detail: 'repmgrd_exit_on_inactive_node is set.',
      hint: `Register it again: ${ownCommand(config, `${own.role} register --force`)}`,
    });
  }
}

/** Waits until the data directory is known: repmgr.conf names it, or the server told it once. */
export async function awaitServerPlace(
  config: Config,
  facts: ClusterFacts,
  signal: AbortSignal,
): Promise<ServerPlace> {
  const known = config.dataDirectory ?? facts.dataDirectory ?? undefined;
  const directory =
    known ??
    (await waitUntil(async () => await askDataDirectory(config), {
      deadlineMs: Number.POSITIVE_INFINITY,
      intervalMs: limits.metadataRetryMs,
      signal,
    }));
  const resolved = await realpath(directory ?? '').catch(() => directory ?? '');
  return await readServerPlace(resolved);
}

async function askDataDirectory(config: Config): Promise<string | undefined> {
  try {
    const connection = await connect(config.conninfo, { deadlineMs: limits.ownServerAnswerMs });
    try {
      const directory = await knownDataDirectory(config, connection);
      if (directory !== undefined) return directory;
    } finally {
      await connection.close();
    }
  } catch (error) {
    if (error instanceof RepmgrError && error.code !== 'interrupted') return undefined;
    throw error;
  }
  throw failure('data_directory_unusable', {
    message: 'the data directory of the local server is not known',
    detail: 'PostgreSQL tells it to superusers and members of pg_read_all_settings only.',
    hint: 'Set "data_directory" in repmgr.conf.',
  });
}
