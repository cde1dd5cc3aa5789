/** Decides how a stopped node becomes a standby again: as it is, or after a rewind. Pure: facts in, steps in words out. */
import { failure, RepmgrError } from '../../errors.ts';
import { formatLsn, type Lsn } from '../../model/lsn.ts';
import type { TimelineId } from '../../model/timeline.ts';
import { refuseDivergence } from '../follow/can-follow.ts';
import type { FollowFacts } from '../follow/facts.ts';
import { type FollowPlan, planFollow } from '../follow/plan.ts';
import type { WalPosition } from '../follow/wal-position.ts';
import type { FollowWish } from '../follow/wish.ts';
import { nodeLabel } from '../register/record.ts';
import { divergenceOf } from './divergence.ts';

export interface RejoinFacts extends FollowFacts {
  /** Why only a clone makes it whole, as its repmgrd knows; undefined: nothing is known. */
  readonly damage: string | undefined;
  /** Why pg_rewind cannot be used; undefined: it may be tried. */
  readonly obstacle: string | undefined;
}

export interface RejoinWish extends FollowWish {
  /** `--force-rewind` */
  readonly mayRewind: boolean;
  /** Where WAL that is given up is kept. */
  readonly divergedDirectory: string;
}

export interface RejoinPlan {
  readonly steps: readonly string[];
  /** As they will be after the rewind. */
  readonly facts: FollowFacts;
  readonly follow: FollowPlan;
  readonly rewind: GivenUpWal | undefined;
}

export interface GivenUpWal {
  readonly timelineId: TimelineId;
  readonly divergedAt: Lsn;
  readonly endOfWal: Lsn;
}

/** @throws RepmgrError rejoin_refused, or of planFollow() */
export function planRejoin(facts: RejoinFacts, wish: RejoinWish): RejoinPlan {
  if (facts.damage !== undefined) throw refused(wish, facts.damage, []);
  const divergence = divergenceFound(facts, wish);
  if (divergence === undefined) {
    const follow = planFollow(facts, wish);
    return { steps: follow.steps, facts, follow, rewind: undefined };
  }
  if (!wish.mayRewind) {
    throw failure('rejoin_refused', {
      message: divergence.message,
      detail: divergence.detail,
      hint: `Give up what only this server has, and rewind it: ${wish.ownCommand('node rejoin --force-rewind')} with the same connection options. That WAL is kept.`,
      cause: divergence,
    });
  }
  return withRewind(facts, wish, divergence);
}

function withRewind(facts: RejoinFacts, wish: RejoinWish, divergence: RepmgrError): RejoinPlan {
  const { local, upstream } = facts;
  const { position } = local;
  const history = position?.history ?? [];
  const found =
    position?.history === undefined
      ? undefined
      : divergenceOf(
          { timelineId: position.timelineId, history },
          { timelineId: upstream.identity.timelineId, history: upstream.history },
        );
  const isInOrder = local.state.kind === 'stopped' && local.state.control.state.startsWith('shut down');
  if (position === undefined || found?.divergedAt === undefined || !found.isVisible) {
    throw refused(wish, 'pg_rewind could not see where both parted', [divergence.detail]);
  }
  if (!isInOrder) {
    throw failure('rejoin_refused', {
      message: 'the server was not stopped in good order, so it cannot be rewound',
      detail: divergence.detail,
      hint: 'Start it alone, stop it with "pg_ctl stop -m fast", and run the same command again.',
    });
  }
  if (facts.obstacle !== undefined) throw refused(wish, facts.obstacle, [divergence.detail]);
  const rewound: WalPosition = {
    timelineId: found.timelineId,
    lsn: found.divergedAt,
    history: history.filter(({ timelineId }) => timelineId < found.timelineId),
  };
  const after = { ...facts, local: { ...local, position: rewound } };
  const follow = planFollow(after, wish);
  return {
    steps: [
      `keep the WAL from ${formatLsn(found.divergedAt)} to ${formatLsn(position.lsn)}, which only this server has, in "${wish.divergedDirectory}"`,
      `rewind "${local.server.dataDirectory}" with pg_rewind to what node ${nodeLabel(upstream.node)} has; its own configuration files stay`,
      ...follow.steps,
    ],
    facts: after,
    follow,
    rewind: { timelineId: position.timelineId, divergedAt: found.divergedAt, endOfWal: position.lsn },
  };
}

function divergenceFound(facts: FollowFacts, wish: FollowWish): RepmgrError | undefined {
  try {
    refuseDivergence(facts, wish);
    return undefined;
  } catch (error) {
    if (error instanceof RepmgrError && error.code === 'timeline_diverged') return error;
    throw error;
  }
}

function refused(wish: RejoinWish, reason: string, details: readonly (string | undefined)[]): RepmgrError {
  return failure('rejoin_refused', {
    message: `this node cannot be rejoined: ${reason}`,
    detail: details.filter(Boolean).join('\n'),
    hint: `Clone it again, with the same connection options: ${wish.ownCommand('--force standby clone')}`,
  });
}
