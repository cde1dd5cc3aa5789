/**
 * A node whose data directory was replaced, by a clone or a rejoin, may lack WAL that it acknowledged before. Its
 * position says nothing until it has flushed what its leader had flushed when it attached again (rule 13).
 */
import type { NodeId } from '../model/node.ts';
import { bounds } from './bounds.ts';
import type { StatusAnswer } from './messages.ts';
import { isDiverged } from './own-wal.ts';
import { isOnPath, type Position } from './position.ts';
import type { ServerObservation } from './server-observation.ts';
import type { State } from './state.ts';
import { change, explain, isRunning, send, store, type Turn } from './turn.ts';

/** Another directory than the one that it had: somebody cloned it, whatever its state file says. */
export function noteDirectory(turn: Turn, { directory }: ServerObservation): void {
  const known = turn.state.durable.directory;
  if (directory !== undefined && directory !== known) {
    store(turn, { directory });
    if (known !== null) {
      noteReplaced(turn);
    }
  }
}

/** What was given up is gone with the directory that it was in. */
export function noteNewCopy(turn: Turn, { condition, isInRecovery, isNewCopy }: ServerObservation): void {
  const { durable } = turn.state;
  const isGivenUp = durable.hasStrayed || durable.isRejoining;
  const isWhole = isNewCopy === true && condition === 'running' && isInRecovery === true;
  if (isGivenUp && isWhole && !isRunning(turn.state, 'rejoin')) {
    store(turn, { hasStrayed: false, isRejoining: false, timelines: durable.leader?.path ?? [] });
    explain(turn, 9, 'follow', 'an operator has cloned it: its data are whole again', {});
  }
}

export function noteReplaced(turn: Turn): void {
  store(turn, { replaced: { untilLsn: null } });
  change(turn, { catchUp: null });
}

/** Asks its leader how far it must come, once the leader has surely looked at its own server since. */
export function reactReplaced(turn: Turn): void {
  const { durable, catchUp, settings, server, now } = turn.state;
  if (durable.replaced === null) {
    return;
  }
  if (hasCaughtUp(turn.state)) {
    store(turn, { replaced: null });
    return;
  }
  const leader = durable.leader?.node ?? null;
  if (durable.replaced.untilLsn !== null || leader === null || leader === settings.self) {
    return;
  }
  if (server === null || server.receiver === null) {
    if (catchUp !== null) {
      change(turn, { catchUp: null });
    }
  } else if (catchUp === null) {
    change(turn, { catchUp: { attachedAt: turn.now, round: null, askedAt: turn.now } });
  } else if (
    turn.now - catchUp.attachedAt >= 2 * settings.heartbeatIntervalMs &&
    (catchUp.round === null || turn.now - catchUp.askedAt >= bounds.retryMs)
  ) {
    const round = turn.state.statusRound + 1;
    change(turn, { statusRound: round, catchUp: { ...catchUp, round, askedAt: now.monotonicMs } });
    send(turn, leader, { kind: 'statusRequest', round, highestTerm: durable.term, record: durable.record });
  }
}

/**
 * It lost its state file, and may have told an election where its WAL ends: where commits may wait for it, it takes no
 * more WAL before it was taken in anew, which needs a leader in contact.
 */
export function hasForgottenWord({ durable }: State): boolean {
  return durable.hasLostState && (durable.record?.synchronous.required ?? 0) > 0;
}

/** What it tells others: a lower bound of what it once acknowledged until it has caught up. */
export function positionTold(state: State): Position | null {
  const { position, durable } = state;
  if (position === null || isDiverged(state)) {
    return null;
  }
  return durable.replaced === null ? position : { ...position, isExact: false };
}

export function learnHowFar(turn: Turn, from: NodeId, { round, refusal, position }: StatusAnswer): void {
  const { durable, catchUp } = turn.state;
  const isAnswer = catchUp !== null && catchUp.round === round && from === durable.leader?.node;
  if (isAnswer && refusal === 'leadsItself' && position !== null && durable.replaced !== null) {
    store(turn, { replaced: { untilLsn: position.lsn } });
  }
}

function hasCaughtUp({ durable, position, server }: State): boolean {
  const { replaced, leader } = durable;
  return (
    replaced !== null &&
    replaced.untilLsn !== null &&
    position !== null &&
    position.isExact &&
    position.lsn >= replaced.untilLsn &&
    server?.receiver !== null &&
    leader !== null &&
    leader.path !== null &&
    isOnPath(position, leader.path)
  );
}
