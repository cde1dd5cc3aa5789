/** Branches: timelines that a hand made, past every term; some term adopts them, or leaves them behind (rules 4, 12). */
import { nameOf } from './names.ts';
import { isWritable } from './own-wal.ts';
import { isSameMark, type Position, samePath, type TimelinePath, tipOf } from './position.ts';
import { isUnclaimed, leftBehind, madeByHand, noTerm, type Term } from './term.ts';
import { change, explain, store, type Turn } from './turn.ts';

/**
 * A server that is writable without a term: on a timeline of its own making it is a branch that a term may adopt; on
 * one that others write on or follow it has strayed. Who lost its state file cannot know whose it is.
 */
export function noteStray(turn: Turn): void {
  const { position, durable } = turn.state;
  const tip = position === null ? undefined : tipOf(position.path);
  if (position === null || tip === undefined || tip.term < noTerm || durable.hasStrayed) {
    return;
  }
  const own = durable.ledOn === null ? undefined : tipOf(durable.ledOn);
  if (tip.term === noTerm && !durable.hasLostState) {
    const path = [...position.path.slice(0, -1), { ...tip, term: madeByHand }];
    change(turn, { position: { ...position, path } });
    store(turn, { timelines: path });
  } else if (!durable.hasLostState && (own === undefined || !isSameMark(tip, own) || tip.term !== own.term)) {
    store(turn, { hasStrayed: true });
  }
}

/**
 * What was heard of the primary before the branch was made says nothing against it; this is asked when a primary was
 * heard just now, and the branch's own server was ended. From then on its WAL has diverged: it is no argument against
 * those who have more of the primary's.
 */
export function noteLeftBehind(turn: Turn): void {
  const { position, durable, leaderFlushedLsn } = turn.state;
  const { leader } = durable;
  const tip = position === null ? undefined : tipOf(position.path);
  if (
    position === null ||
    tip?.term !== madeByHand ||
    leader?.isWritable !== true ||
    isWritable(turn.state)
  ) {
    return;
  }
  const parent = position.path.slice(0, -1);
  const goesOn = leader.path !== null && samePath(parent, leader.path);
  if (goesOn && (leaderFlushedLsn ?? 0) > tip.beganAt) {
    const path = [...parent, { ...tip, term: leftBehind }];
    change(turn, { position: { ...position, path } });
    store(turn, { timelines: path });
    explain(
      turn,
      12,
      'diverged',
      `${nameOf(turn.state, leader.node)} has gone on without what a hand made here`,
      {
        leader: leader.node,
        forkedAt: tip.beganAt,
        flushedLsn: leaderFlushedLsn,
      },
    );
  }
}

/** The tip of the path was made by hand, and no term adopted it. */
export function isUnadopted(position: Position): boolean {
  const tip = tipOf(position.path);
  return tip === undefined || isUnclaimed(tip.term);
}

/** The same path as made by the leader of a term: what was found, or made by hand, counts as made by it. */
export function adoptPath(path: TimelinePath, term: Term): TimelinePath {
  return path.some((step) => step.term <= noTerm)
    ? path.map((step) => (step.term <= noTerm ? { ...step, term } : step))
    : path;
}
