/** Decides whether and how the local server follows another one. Pure: facts in, steps in words out. */
import { failure } from '../../errors.ts';
import { redactConninfo } from '../../model/conninfo.ts';
import type { NodeRecord } from '../../model/node.ts';
import type { RecoverySettings } from '../../postgres/recovery-config.ts';
import { nodeLabel } from '../register/record.ts';
import { type Activation, activationInWords, attachedByRepmgrd } from './activate.ts';
import { refuseDivergence, refuseOtherCluster } from './can-follow.ts';
import { applyDelay, isDelayed } from './delay.ts';
import type { FollowFacts } from './facts.ts';
import { formerUpstreams } from './former-upstreams.ts';
import type { UpstreamFacts } from './inspect-upstream.ts';
import type { LocalFacts } from './local.ts';
import { type PlannedSlot, planSlot } from './plan-slot.ts';
import { followSettings } from './settings.ts';
import type { FollowWish } from './wish.ts';

export interface FollowPlan {
  readonly steps: readonly string[];
  /** The row of this node, and those of the ones that it was to stream from until now, if they are other ones. */
  readonly node: NodeRecord;
  readonly formerUpstreams: readonly NodeRecord[];
  readonly settings: RecoverySettings;
  readonly activation: Activation;
  readonly slot: PlannedSlot | undefined;
  readonly warnings: readonly { readonly message: string; readonly hint: string }[];
}

/**
 * @throws RepmgrError node_not_registered, not_a_standby, upstream_unusable, server_version_differs,
 *   system_identifier_differs, timeline_diverged, slot_unavailable or usage
 */
export function planFollow(facts: FollowFacts, wish: FollowWish): FollowPlan {
  const { local, upstream } = facts;
  const node = refuseUnregistered(facts, wish);
  refusePrimary(facts, wish);
  refuseCircle(facts, node);
  refuseOtherCluster(facts);
  refuseDivergence(facts, wish);
  refuseDelay(facts, wish);
  const slot = planSlot(facts, wish);
  const settings = followSettings(wish, facts.primaryConninfo);
  const activation = activationOf(local, wish);
  const former = formerUpstreams(facts, node);
  return {
    node,
    formerUpstreams: former,
    settings,
    activation,
    slot,
    warnings: [...warnOfOthers(upstream), ...warnOfDelay(local, settings)],
    steps: [
      ...(facts.isThroughRepmgrd === true
        ? [attachedByRepmgrd(upstream.node)]
        : [
            ...(slot === undefined ? [] : [slot.step]),
            `write the recovery settings in "${local.server.dataDirectory}": primary_conninfo = "${redactConninfo(facts.primaryConninfo)}"`,
            activationInWords(local, activation),
          ]),
      ...(wish.streamingMs === 0
        ? []
        : [
            `wait up to ${wish.streamingMs / 1000} seconds until it streams from node ${nodeLabel(upstream.node)}`,
          ]),
      `record node ${nodeLabel(node)} as a standby of node ${nodeLabel(upstream.node)}`,
      ...(slot === undefined ? [] : former).map(
        (holder) => `drop the replication slot "${slot?.name}" on node ${nodeLabel(holder)}, if it is there`,
      ),
    ],
  };
}

function refuseUnregistered({ upstream }: FollowFacts, wish: FollowWish): NodeRecord {
  const node = upstream.nodes.find(({ id }) => id === wish.node.id);
  if (node !== undefined && node.role !== 'witness') return node;
  throw failure('node_not_registered', {
    message: `node ${wish.node.id} is not registered as a standby`,
    detail: node === undefined ? 'The metadata have no row of it.' : 'The metadata have it as a witness.',
    hint: `Register it first, with: ${wish.ownCommand('standby register')}`,
  });
}

function refusePrimary({ local, upstream }: FollowFacts, wish: FollowWish): void {
  const { state } = local;
  if (state.kind === 'stopped') return;
  if (state.status.instance === upstream.instance) {
    throw failure('upstream_unusable', {
      message: 'the server to follow is the local one',
      detail: `Node ${nodeLabel(upstream.node)} is what runs at "conninfo" of repmgr.conf.`,
      hint: `Name another node; see all of them with: ${wish.ownCommand('cluster show')}`,
    });
  }
  if (state.status.isInRecovery) return;
  throw failure('not_a_standby', {
    message: 'the local server is not a standby',
    detail: 'It accepts writes. Only a server that is stopped can be made a standby.',
    hint: `If it must not be a primary any more, stop it, then run: ${wish.ownCommand(`-h ${upstream.host} -p ${upstream.port} -D ${local.server.dataDirectory} standby follow`)}`,
  });
}

/** A node that streams from this one, through whomever, cannot be its upstream. */
function refuseCircle({ upstream }: FollowFacts, own: NodeRecord): void {
  const seen = new Set<number>();
  for (let node: NodeRecord | undefined = upstream.node; node !== undefined && !seen.has(node.id); ) {
    if (node.role === 'witness' || node.id === own.id) {
      throw failure('upstream_unusable', {
        message: `node ${nodeLabel(upstream.node)} cannot be the upstream of node ${nodeLabel(own)}`,
        detail:
          node.role === 'witness'
            ? 'A witness holds no copy of the data.'
            : 'According to the metadata it streams from this node itself.',
        hint: 'Follow the primary, or another standby, with --upstream-node-id.',
      });
    }
    // What the metadata say of a primary's upstream is history.
    if (node.id === upstream.primaryId) return;
    seen.add(node.id);
    const { upstreamNodeId }: NodeRecord = node;
    node = upstream.nodes.find(({ id }) => id === upstreamNodeId);
  }
}

/** recovery_min_apply_delay came with replication slots, in PostgreSQL 9.4. */
function refuseDelay({ local }: FollowFacts, { recovery }: FollowWish): void {
  if (recovery.minApplyDelay === undefined || local.version.capabilities.hasReplicationSlots) return;
  throw failure('usage', {
    message: `PostgreSQL ${local.version.major} does not have recovery_min_apply_delay`,
    detail: 'It came with PostgreSQL 9.4.',
    hint: 'Leave it out of the command line and of repmgr.conf.',
  });
}

/** From PostgreSQL 13 on all that changes can be reloaded, but for a target timeline that was not "latest". */
function activationOf({ state, version }: LocalFacts, { mustRestart }: FollowWish): Activation {
  if (state.kind === 'stopped') return 'start';
  const canReload =
    version.capabilities.canReloadPrimaryConninfo && state.recoveryTargetTimeline === 'latest';
  return canReload && !mustRestart ? 'reload' : 'restart';
}

function warnOfOthers({ otherPrimaries, node }: UpstreamFacts): FollowPlan['warnings'] {
  return otherPrimaries.map((other) => ({
    message: `beside node ${nodeLabel(node)}, node ${nodeLabel(other)} accepts writes too`,
    hint: 'Stop the wrong one: what both write cannot be put together again.',
  }));
}

function warnOfDelay(local: LocalFacts, settings: RecoverySettings): FollowPlan['warnings'] {
  if (!isDelayed(local, settings)) return [];
  return [
    {
      message: `the server holds WAL that it replays with a delay of ${applyDelay(local, settings)}, and looks for its upstream only when that is done`,
      hint: 'To let it stream at once, set recovery_min_apply_delay to 0 until it does.',
    },
  ];
}
