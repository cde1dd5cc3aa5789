/** `--siblings-follow`: what a promotion does with the other standbys and the witnesses. docs/promote-and-follow.md */
import { isOrderedByDaemon } from '../cluster/daemon-action.ts';
import type { PromotionFacts } from '../cluster/promote/inspect.ts';
import type { PromotionPlan } from '../cluster/promote/plan.ts';
import { haveSiblingsFollow } from '../cluster/siblings/follow.ts';
import { inspectSiblings } from '../cluster/siblings/inspect.ts';
import { planSiblings, type SiblingPlan } from '../cluster/siblings/plan.ts';
import { siblingsOf } from '../cluster/siblings/sibling.ts';
import type { Connection } from '../postgres/connection.ts';
import { readConninfo } from '../postgres/conninfo-defaults.ts';
import { readSettings } from '../postgres/queries/server.ts';
import type { CommandContext } from './command.ts';
import { requireConfig } from './local-node.ts';

/**
 * Looks at the other hosts before anything is changed.
 * @returns undefined where nobody is to follow
 * @throws RepmgrError siblings_unreachable, siblings_too_many, interrupted, of querying
 */
export async function prepareSiblings(
  context: CommandContext,
  local: Connection,
  facts: PromotionFacts,
  { slotsToDrop }: PromotionPlan,
): Promise<SiblingPlan | undefined> {
  const { options, environment, log, signal } = context;
  if (isOrderedByDaemon(environment)) {
    if (options.siblingsFollow === true) {
      log.warning(
        '--siblings-follow has no effect where repmgrd promotes: the repmgrd of each node follows by itself',
      );
    }
    return undefined;
  }
  if (options.siblingsFollow !== true) {
    const useless = (['remoteUser', 'remoteConfigFile'] as const).filter((key) => options[key] !== undefined);
    if (useless.length > 0) log.warning('-R and -C have no effect without --siblings-follow');
    return undefined;
  }
  const config = requireConfig(context);
  const siblings = siblingsOf(facts.nodes, facts.nodeId);
  const inspected = await inspectSiblings(siblings, {
    ...accessOf(context),
    remoteConfigFile: options.remoteConfigFile,
    ownConfigFile: config.sourceFile,
    ownHost: readConninfo(config.conninfo)['host'],
    down: facts.observations.filter(({ answer }) => answer.kind !== 'answered').map(({ node }) => node.id),
    signal,
  });
  const settings = await readSettings(local, ['max_wal_senders', 'max_replication_slots']);
  return planSiblings(
    inspected,
    {
      status: facts.local,
      maxWalSenders: Number(settings['max_wal_senders'] ?? 0),
      maxReplicationSlots: Number(settings['max_replication_slots'] ?? 0),
      slotsToDrop,
    },
    { force: options.force === true },
  );
}

/** @throws RepmgrError siblings_not_following (22): the promotion is done, and stays so */
export async function callSiblings(
  context: CommandContext,
  { siblings }: SiblingPlan,
  { node }: PromotionPlan,
): Promise<void> {
  const { log, signal } = context;
  await haveSiblingsFollow(siblings, {
    primary: node,
    access: accessOf(context),
    followTimeoutMs: requireConfig(context).standbyFollowTimeoutMs,
    log,
    signal,
  });
}

function accessOf({ options, config }: CommandContext) {
  return {
    sshOptions: config?.sshOptions,
    remoteUser: options.remoteUser,
    repmgrBindir: config?.repmgrBindir,
  };
}
