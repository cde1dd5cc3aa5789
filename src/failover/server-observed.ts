/** This node's PostgreSQL was looked at: where its WAL ends, who is attached, and whether that is contact (rules 1, 5). */
import { countWalContact } from './contact.ts';
import { holdName } from './hold.ts';
import { grantLease } from './lease.ts';
import { noteAttached } from './manual-following.ts';
import { lookAtWal } from './own-wal.ts';
import type { ServerObservation } from './server-observation.ts';
import { noteDirectory, noteNewCopy } from './replaced-directory.ts';
import { noteNames } from './synchronous-standbys.ts';
import { unknownNames } from './leader-state.ts';
import { onPromotionFailed } from './failed-promotion.ts';
import type { State } from './state.ts';
import { abandon, become, change, store, type Turn } from './turn.ts';

export function observeServer(turn: Turn, seen: ServerObservation): void {
  const { position: before, server: serverBefore } = turn.state;
  const isStale = serverBefore !== null && isOfBeforePromotion(turn.state, seen);
  const server = isStale ? { ...serverBefore, condition: seen.condition } : seen;
  change(turn, {
    server,
    wasEnded: turn.state.wasEnded && server.condition !== 'running',
  });
  noteDirectory(turn, server);
  noteNewCopy(turn, server);
  noteOperatorNames(turn, server);
  noteAttached(turn, serverBefore);
  noteStreamLost(turn, serverBefore, server);
  lookAtWal(turn, server);
  const { role, position } = turn.state;
  if (role.kind === 'leader' && role.stage === 'promoting' && server.postmaster !== role.promotedPostmaster) {
    abandon(turn, 'promote');
    onPromotionFailed(turn, 'its postmaster ended', true);
  } else if (role.kind === 'leader') {
    const { replayedLsn } = server;
    const replay = replayedLsn === role.replay.lsn ? role.replay : { lsn: replayedLsn, movedAt: turn.now };
    const isRestarted = serverBefore !== null && serverBefore.postmaster !== server.postmaster;
    const names = isRestarted ? unknownNames(turn.now) : role.names;
    become(turn, noteNames(turn.state, countWalContact({ ...role, replay, names }, server), server));
  } else if (position !== null && before !== null && position.lsn > before.lsn) {
    renewLeaseByWal(turn, server);
  }
}

/**
 * A look that was begun before the promotion ended, or at a server that hangs since, of which only what was seen last is
 * known: the same postmaster in recovery, on the timeline that the promotion left.
 */
function isOfBeforePromotion({ role, durable }: State, seen: ServerObservation): boolean {
  const { ledOn, leading } = durable;
  return (
    role.kind === 'leader' &&
    role.stage === 'serving' &&
    leading?.isPromoted === true &&
    ledOn !== null &&
    seen.isInRecovery === true &&
    seen.postmaster !== null &&
    seen.postmaster === role.promotedPostmaster &&
    seen.timeline !== null &&
    seen.timeline.length < ledOn.length
  );
}

/** Its stream broke: it connects again by itself, and is told again only if nothing comes of that. */
function noteStreamLost(turn: Turn, before: ServerObservation | null, after: ServerObservation): void {
  const { following } = turn.state;
  if (following !== null && before !== null && before.receiver !== null && after.receiver === null) {
    change(turn, { following: { ...following, since: turn.now } });
  }
}

/** Names of a hold are not the operator's; those of a standby do nothing there. */
function noteOperatorNames(turn: Turn, server: ServerObservation): void {
  const { synchronousStandbyNames: names, isInRecovery } = server;
  const { durable, settings } = turn.state;
  const isOurs = settings.synchronousQuorum > 0 || (durable.record?.synchronous.names.length ?? 0) > 0;
  if (isInRecovery === false && !isOurs && names !== holdName && names !== durable.operatorNames) {
    store(turn, { operatorNames: names });
  }
}

/** While WAL of the leader itself comes in, it lives: its lease is renewed. */
function renewLeaseByWal(turn: Turn, server: ServerObservation): void {
  const { durable, lease, settings } = turn.state;
  const { leader, vote, frozen } = durable;
  if (
    leader === null ||
    server.receiver?.upstream !== leader.node ||
    frozen !== null ||
    leader.node === settings.self
  ) {
    return;
  }
  const isBound = vote !== null && vote.term > leader.term && vote.candidate !== leader.node;
  const isYielded = lease.kind === 'ended' && lease.by !== 'time';
  if (!isBound && !isYielded && durable.term <= Math.max(leader.term, vote?.term ?? 0)) {
    grantLease(turn, leader.node, leader.term, durable.leaseMs === 0 ? settings.leaseMs : durable.leaseMs);
  }
}
