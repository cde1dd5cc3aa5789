/** repmgrd starts: what its state file still binds it to (rules 0, 1, 3, 9). */
import type { NodeId } from '../model/node.ts';
import { bounds } from './bounds.ts';
import { boundedContact } from './contact.ts';
import type { Started } from './events.ts';
import { emptyDurable, initialState } from './initial-state.ts';
import { leaderYielded } from './lease.ts';
import { membersOf } from './quorum.ts';
import type { RecordedMetadata } from './settings.ts';
import { type Leader, newLeader } from './leader-state.ts';
import type { Role, State } from './state.ts';
import { firstTerm, noTerm, type Term } from './term.ts';
import { become, begin, change, explain, later, send, store, type Turn } from './turn.ts';

export function onStarted(
  turn: Turn,
  { durable, bootId, incarnation, guardContactUntil, settings, metadata }: Started,
): void {
  const stored = durable ?? {
    ...emptyDurable,
    hasLostState: metadata.namesTerm !== false,
    replaced: metadata.namesTerm === false ? null : { untilLsn: null },
  };
  const hasBooted = stored.bootId !== '' && stored.bootId !== bootId;
  change(turn, {
    ...initialState(settings),
    now: turn.state.now,
    metadata,
    incarnation,
    bootId,
    durable: stored,
    lifeBegunAt: turn.now,
    /** Rounds of an earlier life are not taken for those of this one. */
    statusRound: Math.floor(turn.random * 1_000_000_000),
    leaderFlushedLsn: stored.leader?.flushedLsn ?? null,
    highestTermHeard: stored.term,
  });
  store(turn, { bootId, pauseEndsAtBootMs: hasBooted ? null : stored.pauseEndsAtBootMs });
  onMetadata(turn, metadata);
  takeLeaseAsBegun(turn, hasBooted);
  become(
    turn,
    stored.leading === null
      ? followerRole(turn)
      : leaderRole(turn, stored.leading.term, stored.bootId, boundedContact(turn, guardContactUntil)),
  );
  if (settings.failoverQuorum === 'none') {
    explain(
      turn,
      14,
      'wait',
      'failover_quorum=none: a standby promotes itself without a majority, and two primaries are possible',
      {},
    );
  }
  giveUpOpenCandidacy(turn, settings.self);
  thawUnlessBound(turn);
}

/** There never was a state file where the metadata, once they can be read, name no term: nothing was lost. */
export function onMetadata(turn: Turn, metadata: RecordedMetadata): void {
  change(turn, { metadata });
  const { durable } = turn.state;
  const isFirstRecord = durable.record === null || durable.record.version.term === noTerm;
  const isUntouched = isFirstRecord && durable.leader === null && durable.term === noTerm;
  if (durable.hasLostState && metadata.namesTerm === false && isUntouched) {
    store(turn, { hasLostState: false, replaced: null });
  }
}

/** A lease counts as begun now: nobody can know how much of it was left. */
function takeLeaseAsBegun(turn: Turn, hasBooted: boolean): void {
  const { durable } = turn.state;
  const { leader, vote, leaseMs } = durable;
  if (leader === null && vote === null) {
    return;
  }
  const isVoteNewer = vote !== null && vote.term > (leader?.term ?? noTerm);
  if (!isVoteNewer && leaderYielded(turn.state)) {
    change(turn, { lease: { kind: 'ended', by: 'yield' } });
    return;
  }
  const length = hasBooted ? Math.max(leaseMs, bounds.leaseAfterBootMs) : leaseMs;
  const holder: NodeId | null = isVoteNewer ? vote.candidate : (leader?.node ?? null);
  const term = isVoteNewer ? vote.term : (leader?.term ?? noTerm);
  change(turn, { lease: { kind: 'granted', holder, term, endsAt: later(turn.now, length) } });
}

function followerRole({ now }: Turn): Role {
  return { kind: 'follower', electionNotBefore: now, hasWaited: false, unarmedSince: null };
}

/** A state file alone makes no leader: it asks for contact first, and is judged by what it sends from now on. */
function leaderRole(
  { now, state }: Turn,
  term: Term,
  bootIdAtStart: string,
  guardContactUntil: Leader['guardContactUntil'],
): Leader {
  const { record, pauseEndsAtBootMs } = state.durable;
  return {
    ...newLeader(term, now, record),
    stage: 'checking',
    since: later(now, state.settings.reconnectMs),
    isPaused: (record?.pause ?? null) !== null && pauseEndsAtBootMs !== null,
    bootIdAtStart,
    judgement: guardContactUntil === null ? { from: now, at: later(now, bounds.restartJudgementMs) } : null,
    guardContactUntil,
  };
}

/** It asked for a term and ended before it knew: that term is never won any more. */
function giveUpOpenCandidacy(turn: Turn, self: NodeId): void {
  const { vote, givenUp, leading, record, leader, yielded } = turn.state.durable;
  const isOver = (term: Term) =>
    term <= givenUp || term <= (leader?.term ?? noTerm) || term <= (yielded?.upToTerm ?? noTerm);
  const isBootstrap = vote?.term === firstTerm && leader === null;
  if (vote === null || vote.candidate !== self || leading !== null || isBootstrap || isOver(vote.term)) {
    return;
  }
  store(turn, { givenUp: vote.term });
  explain(turn, 3, 'giveUp', `gives up term ${vote.term}: repmgrd ended before it was won`, {
    term: vote.term,
  });
  for (const node of record === null ? [] : membersOf(record)) {
    if (node !== self) {
      send(turn, node, { kind: 'termGivenUp', term: vote.term });
    }
  }
}

/** A freeze is undone only where the stored term is not above that of the leader. */
function thawUnlessBound(turn: Turn): void {
  const { frozen, term, leader } = turn.state.durable;
  const isSameLeader = frozen?.leader === (leader?.node ?? null);
  if (frozen !== null && frozen.boundTerm === null && isSameLeader && term <= (leader?.term ?? noTerm)) {
    begin(turn, 'unfreeze', (id) => ({ kind: 'unfreeze', id, primaryConninfo: frozen.primaryConninfo }));
  }
}

/** Whether this repmgrd has begun its life. */
export function hasStarted({ incarnation }: State): boolean {
  return incarnation !== '';
}
