/** A standby follows the primary of the newest term, thaws by that, and is rejoined where its WAL diverged (rules 3, 4, 9). */
import { bounds } from './bounds.ts';
import type { KnownLeader } from './durable.ts';
import { beginFreeze } from './evidence.ts';
import { isLeftDown, startAsStandby } from './fencing.ts';
import { cannotFollow, follow, followedLeader, isOccupied } from './followed-leader.ts';
import { isInTouch } from './lease.ts';
import { nameOf } from './names.ts';
import { isInMaintenance } from './maintenance.ts';
import { isLeftToOperator, tellLeftAlone } from './manual-following.ts';
import { isPaused } from './pause.ts';
import { noteReplaced } from './replaced-directory.ts';
import type { State } from './state.ts';
import { change, begin, explain, isRunning, store, type Turn } from './turn.ts';

export function reactFollowing(turn: Turn): void {
  const { state } = turn;
  if (isLeftDown(state)) {
    change(turn, { following: null });
    startAsStandby(turn);
    return;
  }
  const leader = followedLeader(state);
  if (leader !== null && isAboutToStream(state, leader)) {
    explain(
      turn,
      9,
      'freeze',
      'its server may stream from another node than the primary: takes that away',
      {},
    );
    beginFreeze(turn, null);
  }
  if (leader !== null && isInterrupted(state)) {
    leaveTheLine(turn, leader, false);
    return;
  }
  if (leader === null || isPaused(state) || isInMaintenance(state) || isOccupied(state)) {
    return;
  }
  noteFollowing(turn, leader);
  tellLeftAlone(turn, leader);
  const { following } = turn.state;
  const isTold = following?.node === leader.node && following.term === leader.term;
  if (cannotFollow(state, leader)) {
    if (!isTold || following.isOnLine || turn.now >= followsAgainAt(state)) {
      leaveTheLine(turn, leader, isTold && !following.isOnLine);
    }
  } else if (!isLeftToOperator(state, leader) && needsFollow(turn, leader, isTold)) {
    follow(turn, leader);
  }
}

export function onFollowed(turn: Turn): void {
  const { following } = turn.state;
  if (following !== null) {
    change(turn, { following: { ...following, isDone: true } });
  }
  if (turn.state.durable.frozen !== null) {
    store(turn, { frozen: null });
  }
}

/**
 * Its WAL is the leader's now, and so are the makers of its timelines. Where another leads by now, it is that of the
 * one before: with its line it is known, and may diverge as anybody's; otherwise it is begun again.
 */
export function onRejoined(turn: Turn): void {
  const { durable, following } = turn.state;
  const { leader, line, timelines } = durable;
  const isLeaders = leader?.node === following?.node;
  const former = line !== null && line.term === following?.term ? line.path : undefined;
  const path = isLeaders ? (leader?.path ?? timelines) : former;
  if (path === undefined) {
    return;
  }
  store(turn, { hasStrayed: false, isRejoining: false, timelines: path });
  change(turn, { position: null, look: null });
  if (isLeaders) {
    onFollowed(turn);
  }
}

/** When a standby that streams from nowhere is told again. */
export function followsAgainAt(state: State, ifNever: number = Number.MAX_SAFE_INTEGER): number {
  const { following } = state;
  return following === null ? ifNever : following.since + bounds.followAgainMs;
}

/** repmgrd, or the copy, ended in the middle of a rejoin: it is begun again, whatever the server does. */
function isInterrupted(state: State): boolean {
  return (
    state.durable.isRejoining &&
    isInTouch(state) &&
    !isRunning(state, 'rejoin') &&
    !isPaused(state) &&
    state.now.monotonicMs >= followsAgainAt(state, 0)
  );
}

/**
 * Its server is down; when it starts it would stream from wherever it did before, right or not. Or it was told to follow
 * another before, and what comes in from that is not in the last look at its WAL.
 */
function isAboutToStream(state: State, leader: KnownLeader): boolean {
  const { server, durable, following, metadata, settings } = state;
  const isDown = server?.condition === 'crashed' || server?.condition === 'shutDown';
  const upstream = metadata.nodes.find(({ id }) => id === settings.self)?.upstream ?? null;
  const isCascaded = metadata.nodes.some(({ id, upstream: its }) => id === upstream && its !== null);
  const isTold = following?.node === leader.node && following.term === leader.term;
  const streamsFrom = server?.receiver?.upstream ?? null;
  const isOnItsWay =
    server?.condition === 'running' &&
    server.isInRecovery === true &&
    following !== null &&
    following.node !== leader.node &&
    streamsFrom !== leader.node &&
    (streamsFrom === null || !isCascade(state, streamsFrom, leader));
  return (
    (isDown || isOnItsWay) &&
    durable.frozen === null &&
    !isPaused(state) &&
    !isInMaintenance(state) &&
    server.primaryConninfo !== '' &&
    (cannotFollow(state, leader) || (!isCascaded && !isTold && !isLeftToOperator(state, leader))) &&
    !isRunning(state, 'freeze') &&
    !isRunning(state, 'rejoin')
  );
}

/** It streams from the leader already, though nobody told it in this life. */
function noteFollowing(turn: Turn, { node, term }: KnownLeader): void {
  const { server, following, durable } = turn.state;
  const isKnown = following?.node === node && following.term === term;
  if (!isKnown && durable.frozen === null && server?.receiver?.upstream === node) {
    change(turn, { following: { node, term, isDone: true, isOnLine: true, since: turn.now } });
  }
}

function needsFollow(turn: Turn, leader: KnownLeader, isTold: boolean): boolean {
  const { state } = turn;
  const { server, durable, settings } = state;
  const upstream = server?.receiver?.upstream ?? null;
  /** What was heard in a life before may be over: the leader's server may be a copy of another's by now. */
  if (state.leaderHeardAt === null || (settings.rejoin === 'manual' && isReturning(state))) {
    return false;
  }
  const isDue = !isTold || turn.now >= (state.following?.since ?? 0) + bounds.retryMs;
  if (durable.frozen !== null) {
    return isDue && (durable.frozen.boundTerm !== null || durable.frozen.leader !== leader.node);
  }
  if (upstream === leader.node || (upstream !== null && isCascade(state, upstream, leader))) {
    return false;
  }
  return !isTold || (upstream === null && turn.now >= followsAgainAt(state));
}

/** It led, and no leader was followed since. */
function isReturning({ durable, server, following }: State): boolean {
  return durable.yielded !== null && server?.receiver === null && following?.isDone !== true;
}

/** Nothing swings back by itself: who is attached to another living standby stays there. */
function isCascade({ metadata, settings }: State, upstream: number, leader: KnownLeader): boolean {
  const recorded = metadata.nodes.find(({ id }) => id === settings.self)?.upstream ?? null;
  return (
    recorded === upstream &&
    recorded !== leader.node &&
    metadata.nodes.some(({ id, upstream: its }) => id === upstream && its !== null)
  );
}

function leaveTheLine(turn: Turn, leader: KnownLeader, isKnown: boolean): void {
  const { state } = turn;
  const name = nameOf(state, leader.node);
  const evidence = { leader: leader.node, term: leader.term, lsn: state.position?.lsn ?? null };
  change(turn, {
    following: { node: leader.node, term: leader.term, isDone: false, isOnLine: false, since: turn.now },
  });
  const isOwnTask =
    state.settings.rejoin === 'automatic' && (state.durable.isRejoining || !isLeftToOperator(state, leader));
  /** Each try makes where this node's own WAL ends unknown for a while, so none is made for who may be gone. */
  if (isOwnTask && isInTouch(state)) {
    explain(turn, 9, 'rejoin', `its WAL diverged from that of ${name}: rejoins`, evidence);
    store(turn, { isRejoining: true });
    noteReplaced(turn);
    begin(turn, 'rejoin', (id) => ({
      kind: 'rejoin',
      id,
      node: leader.node,
      hasStrayed: state.durable.hasStrayed,
    }));
  } else if (!isKnown) {
    detach(turn);
    const until = isOwnTask ? 'that is heard of again' : 'an operator rejoins it';
    explain(turn, 9, 'diverged', `its WAL diverged from that of ${name}: waits until ${until}`, evidence);
  }
}

/** Diverged WAL is not added to: the receiver is kept away until the node was rejoined. */
function detach(turn: Turn): void {
  const { server } = turn.state;
  if (server !== null && server.primaryConninfo !== '') {
    beginFreeze(turn, null);
  }
}
