/** `node rejoin`: does the steps of its plan. The server is stopped, and starts as a standby. */
import { readFile, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../../config/resolve.ts';
import type { Logger } from '../../log/logger.ts';
import { restoreSettings } from '../../postgres/kept-settings.ts';
import { autoConf } from '../../postgres/server-settings.ts';
import { writeDurably } from '../../system/durable-file.ts';
import { follow } from '../follow/execute.ts';
import type { FoundUpstream } from '../follow/find-upstream.ts';
import { streamingName } from '../follow/settings.ts';
import { keepDivergedWal } from './diverged-wal.ts';
import { newCopyFile, rewindingFile } from './kept-places.ts';
import { leaveSynchronousNames } from './leave-synchronous-names.ts';
import { noteNewCopy } from './new-copy.ts';
import type { GivenUpWal, RejoinPlan, RejoinWish } from './plan.ts';
import { rewind, type RewindOptions, tryRewind } from './rewind.ts';

export interface RejoinContext {
  readonly plan: RejoinPlan;
  readonly wish: RejoinWish;
  readonly config: Config;
  readonly found: FoundUpstream;
  readonly rewindOptions: RewindOptions;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** What repmgrd of a primary had replaced: recovery works without. */
const settingsOfPrimary = ['restore_command', 'restart_after_crash', 'synchronous_standby_names'];

/**
 * @throws RepmgrError rewind_failed, diverged_wal_not_kept (24), or of follow()
 */
export async function rejoinByHand(context: RejoinContext): Promise<void> {
  const { plan, wish, config, found, log, signal } = context;
  const { dataDirectory } = plan.facts.local.server;
  if (plan.rewind !== undefined) await giveUpWal(context, plan.rewind);
  await restoreSettings(autoConf(dataDirectory), settingsOfPrimary, { isDurable: true });
  await follow({
    facts: plan.facts,
    plan: plan.follow,
    wish,
    config,
    upstream: found.connection,
    primary: found.primary.connection,
    isOrderedByDaemon: false,
    event: 'node_rejoin',
    log,
    signal,
  });
}

async function giveUpWal(context: RejoinContext, range: GivenUpWal): Promise<void> {
  const { plan, wish, config, found, rewindOptions, log, signal } = context;
  const { server, version } = plan.facts.local;
  log.info('trying pg_rewind, which changes nothing yet');
  await tryRewind(rewindOptions);
  if (config.synchronousQuorum > 0) {
    await leaveSynchronousNames(found.primary.connection, streamingName(wish), { log, signal });
  }
  const kept = await keepDivergedWal(
    wish.divergedDirectory,
    {
      ...range,
      walDirectory: join(server.dataDirectory, version.capabilities.walNames.directory),
      rejoinedTo: found.node.id,
      isWrittenOver: true,
    },
    new Date(),
  );
  if (kept !== undefined) {
    log.warning(`WAL from ${kept.divergedAt} to ${kept.endOfWal} is no part of the cluster's any more`, {
      detail: `It is kept in "${kept.directory}".`,
      hint: 'See what was in it with: repmgr node diverged',
    });
  }
  log.info(`rewinding "${server.dataDirectory}" with pg_rewind`);
  const marker = rewindingFile(config, wish.node.id);
  await rewind(rewindOptions, () => writeDurably(marker, '', { mode: 0o600 }));
  await unlink(marker);
  await tellDaemon(context);
}

/** Other data lie there now than those that its repmgrd knew, and they are whole. */
async function tellDaemon({ plan, wish, config }: RejoinContext): Promise<void> {
  const { dataDirectory } = plan.facts.local.server;
  const file = join(dataDirectory, 'PG_VERSION');
  await writeDurably(file, await readFile(file, 'utf8'), { mode: 0o600 });
  await noteNewCopy(newCopyFile(config, wish.node.id), dataDirectory);
}
