/** What a repmgrd needs before it can begin: a place for its state, some knowledge of the cluster, its own server. */
import { mkdir, realpath, stat } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { knownDataDirectory } from '../cluster/local-server.ts';
import { ownCommand } from '../cluster/own-command.ts';
import type { Config } from '../config/resolve.ts';
import { failure, RepmgrError } from '../errors.ts';
import { limits } from '../limits.ts';
import type { NodeId } from '../model/node.ts';
import { connect } from '../postgres/connection.ts';
import { waitUntil } from '../system/clock.ts';
import { quoteForShell } from '../system/shell.ts';
import type { ClusterFacts } from './cluster-facts.ts';
import type { MetadataWatch } from './metadata-watch.ts';
import { readServerPlace, type ServerPlace } from './observe/server-place.ts';

/** @throws RepmgrError state_directory_unusable */
export async function makeStateDirectory({ stateDirectory }: Config): Promise<void> {
  try {
    if (!(await stat(stateDirectory)).isDirectory()) throw new Error('it is no directory');
    return;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) {
      throw stateDirectoryUnusable(stateDirectory, error);
    }
  }
  try {
    await mkdir(stateDirectory, { mode: 0o700 });
  } catch (error) {
    throw stateDirectoryUnusable(stateDirectory, error);
  }
}

function stateDirectoryUnusable(directory: string, error: unknown): RepmgrError {
  const path = quoteForShell(directory);
  const { username } = userInfo();
  return failure('state_directory_unusable', {
    message: `the state directory "${directory}" cannot be used`,
    detail: `The system says: ${error instanceof Error ? error.message : String(error)}.`,
    hint: `As root: mkdir -p -m 700 ${path} && chown ${username} ${path}; or set state_directory in repmgr.conf.`,
    cause: error,
  });
}

/**
 * Waits until the metadata can be read, or were read in an earlier life: without them nobody knows who the others are.
 * @param onWaiting called once, where it has to wait
 * @throws RepmgrError interrupted
 */
export async function awaitFacts(
  watch: MetadataWatch,
  onWaiting: () => void,
  signal: AbortSignal,
): Promise<ClusterFacts> {
  let hasWaited = false;
  const found = await waitUntil(
    async () => {
      await watch.read();
      if (watch.facts.nodes.length > 0) return watch.facts;
      if (!hasWaited) onWaiting();
      hasWaited = true;
      return undefined;
    },
    { deadlineMs: Number.POSITIVE_INFINITY, intervalMs: limits.metadataRetryMs, signal },
  );
  return found ?? watch.facts;
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
