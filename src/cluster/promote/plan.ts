/** Decides whether the local standby may be promoted, and how. Pure: facts in, steps in words out. */
import { failure } from '../../errors.ts';
import { bytesBetween, formatLsn, type Lsn, laterLsn } from '../../model/lsn.ts';
import { type NodeRecord, replicationSlotName } from '../../model/node.ts';
import { formatSize } from '../../model/size.ts';
import type { ServerStatus } from '../../postgres/queries/server-status.ts';
import { describeControl } from '../../postgres/server-process.ts';
import { nodeLabel } from '../register/record.ts';
import type { PromotionFacts } from './inspect.ts';
import { refuseOtherPrimaries } from './other-primaries.ts';
import type { PromotionWarning, PromotionWish } from './wish.ts';

export interface PromotionPlan {
  readonly steps: readonly string[];
  /** The one of them that cannot be taken back. */
  readonly promotionStep: string;
  readonly node: NodeRecord;
  /** `command`: the service command, or pg_ctl; `election`: repmgrd promotes, and sees to slots and metadata. */
  readonly method: 'function' | 'command' | 'election';
  readonly slotsToDrop: readonly string[];
  /** Told before anything is done. */
  readonly warnings: readonly PromotionWarning[];
}

/**
 * @throws RepmgrError node_not_registered, other_server_registered, system_identifier_differs, not_a_standby,
 *   other_primary_running, replay_paused or data_directory_unusable
 */
export function planPromotion(facts: PromotionFacts, wish: PromotionWish): PromotionPlan {
  const node = refuseUnregistered(facts, wish);
  refusePrimary(facts, wish, node);
  refuseOtherSystem(facts);
  const warnings = [...refuseOtherPrimaries(facts, wish), ...warnOfBetterStandbys(facts)];
  refusePausedReplay(facts);
  if (wish.isByElection) return byElection(facts, wish, node, warnings);
  const isByCommand = facts.server.commands.promote !== undefined || !facts.mayPromoteBySql;
  const method = isByCommand ? 'command' : 'function';
  const slotsToDrop = abandonedSlots(facts);
  const action = isByCommand ? `run "${describeControl(facts.server, 'promote')}"` : 'call pg_promote()';
  const promotionStep = `promote the local server: ${action}`;
  return {
    node,
    method,
    promotionStep,
    slotsToDrop,
    warnings,
    steps: [
      ...slotsToDrop.map((name) => `drop the inactive replication slot "${name}", which no follower needs`),
      promotionStep,
      `wait up to ${wish.deadlineMs / 1000} seconds until it accepts writes${replayInWords(facts)}`,
      ...metadataSteps(facts, node),
      'make a checkpoint, so that pg_rewind sees the new timeline',
    ],
  };
}

function byElection(
  facts: PromotionFacts,
  { force, deadlineMs }: PromotionWish,
  node: NodeRecord,
  warnings: PromotionPlan['warnings'],
): PromotionPlan {
  const promotionStep = force
    ? 'have repmgrd make this node the primary, without a majority of the others if need be'
    : 'have the repmgrds elect this node, which promotes it';
  const wait = `wait up to ${deadlineMs / 1000} seconds until it accepts writes${replayInWords(facts)}`;
  return { node, method: 'election', promotionStep, slotsToDrop: [], warnings, steps: [promotionStep, wait] };
}

function refuseUnregistered({ nodeId, nodes, local, observations }: PromotionFacts, wish: PromotionWish) {
  const node = nodes.find(({ id }) => id === nodeId);
  if (node === undefined || node.role === 'witness') {
    throw failure('node_not_registered', {
      message: `node ${nodeId} is not registered as a standby`,
      detail: node === undefined ? 'The metadata have no row of it.' : 'The metadata have it as a witness.',
      hint:
        node === undefined
          ? `Register it first, with: ${wish.ownCommand('standby register')}`
          : `A witness holds no copy of the data. Promote a standby: ${wish.ownCommand('cluster show')} lists them.`,
    });
  }
  const registered = observations.find((observation) => observation.node.id === nodeId)?.answer;
  if (registered?.kind === 'answered' && registered.status.instance !== local.instance) {
    throw failure('other_server_registered', {
      message: `the server of repmgr.conf is not the one that is registered as node ${nodeLabel(node)}`,
      detail: 'The connection string of its row leads to another server than "conninfo" in repmgr.conf.',
      hint: `Correct "node" in repmgr.conf, or the row with: ${wish.ownCommand('standby register --force')}`,
    });
  }
  return node;
}

function refusePrimary({ local }: PromotionFacts, wish: PromotionWish, node: NodeRecord): void {
  // Promoted by hand it has no term yet, which only an operator can give it where no majority is left.
  if (local.isInRecovery || (wish.isByElection && wish.force)) return;
  const isRecorded = node.role === 'primary' && node.isActive;
  const right = wish.isByElection
    ? `let it lead with: ${wish.ownCommand('standby promote --force')}`
    : `correct the metadata with: ${wish.ownCommand('primary register --force')}`;
  throw failure('not_a_standby', {
    message: 'the local server is a primary already',
    detail: isRecorded
      ? 'It accepts writes, and the metadata have it as the active primary: nothing is left to be done.'
      : `It accepts writes, but the metadata have it as ${node.isActive ? 'a' : 'an inactive'} ${node.role}.`,
    hint: isRecorded
      ? `See all nodes with: ${wish.ownCommand('cluster show')}`
      : `If it is the right primary, ${right}`,
  });
}

function refuseOtherSystem({ local, recordedSystemIdentifier }: PromotionFacts): void {
  const { systemIdentifier } = local;
  if (systemIdentifier === undefined || recordedSystemIdentifier === undefined) return;
  if (systemIdentifier === recordedSystemIdentifier) return;
  throw failure('system_identifier_differs', {
    message: 'the metadata in this database belong to another cluster',
    detail: `The server has system identifier ${systemIdentifier}, the metadata were made on ${recordedSystemIdentifier}.`,
    hint: 'Check "conninfo" and "cluster" in repmgr.conf.',
  });
}

function refusePausedReplay({ local }: PromotionFacts): void {
  if (!local.isReplayPaused) return;
  throw failure('replay_paused', {
    message: 'the replay of WAL is paused on the local server',
    detail: `It has replayed up to ${lsnInWords(local.replayedLsn)}, and received up to ${lsnInWords(local.receivedLsn)}.`,
    hint: 'Resume it, then try again: SELECT pg_wal_replay_resume() (pg_xlog_replay_resume() before PostgreSQL 10).',
  });
}

/** What another standby has received and this one has not is lost, and that standby cannot follow this one. */
function warnOfBetterStandbys({ local, observations, nodeId }: PromotionFacts): PromotionPlan['warnings'] {
  const own = positionOf(local);
  return observations.flatMap(({ node, answer }) => {
    if (node.id === nodeId || answer.kind !== 'answered' || !answer.status.isInRecovery) return [];
    const other = positionOf(answer.status);
    if (own === undefined || other === undefined || other <= own) return [];
    return [
      {
        message: `standby ${nodeLabel(node)} has ${formatSize(bytesBetween(own, other))} of WAL that this one does not have`,
        hint: 'Promote that one instead: what it has would be lost, and it could not follow this one.',
      },
    ];
  });
}

function positionOf({ receivedLsn, replayedLsn }: ServerStatus): Lsn | undefined {
  if (receivedLsn === undefined || replayedLsn === undefined) return receivedLsn ?? replayedLsn;
  return laterLsn(receivedLsn, replayedLsn);
}

/** Slots named by repmgr for nodes that are not registered as followers of this one; whoever uses one keeps it. */
function abandonedSlots({ local, nodes, nodeId }: PromotionFacts): string[] {
  const followers = nodes.filter(({ upstreamNodeId }) => upstreamNodeId === nodeId);
  const needed = followers.map(({ id, slotName }) => slotName ?? replicationSlotName(id));
  return (local.slots ?? [])
    .filter(({ name, isActive }) => !isActive && /^repmgr_slot_\d+$/.test(name) && !needed.includes(name))
    .map(({ name }) => name);
}

function metadataSteps({ nodes }: PromotionFacts, node: NodeRecord): string[] {
  const former = nodes.filter(({ role, isActive, id }) => role === 'primary' && isActive && id !== node.id);
  return [
    ...former.map((primary) => `record node ${nodeLabel(primary)} as inactive`),
    `record node ${nodeLabel(node)} as the active primary`,
  ];
}

function replayInWords({ local, applyDelay }: PromotionFacts): string {
  const { receivedLsn, replayedLsn } = local;
  const bytes =
    receivedLsn === undefined || replayedLsn === undefined ? 0 : bytesBetween(replayedLsn, receivedLsn);
  const delay = applyDelay === undefined ? '' : `, no longer delayed by ${applyDelay}`;
  return bytes > 0 ? `; ${formatSize(bytes)} of WAL are to be replayed first${delay}` : '';
}

function lsnInWords(lsn: PromotionFacts['local']['replayedLsn']): string {
  return lsn === undefined ? 'an unknown position' : formatLsn(lsn);
}
