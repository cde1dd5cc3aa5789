/**
 * What a candidate must know before it leads a cluster with synchronous standbys: where the WAL of so many of them ends
 * that each acknowledged commit is on one of those, and that its own WAL holds it all (rule 13).
 */
import type { NodeId } from '../model/node.ts';
import type { Reigns, StatusAnswer, VoteAnswer } from './messages.ts';
import { isUnfetchable } from './missing-wal.ts';
import { ledTermOf, reignsOf, wasLed } from './open-terms.ts';
import { comparePositions, type Position, samePath } from './position.ts';
import type { Candidate, Canvassing, State } from './state.ts';
import { noTerm } from './term.ts';
import type { SynchronousQuorum } from './voter-record.ts';

/** Of K in n names, any n - K + 1 have one in common with those that acknowledged. */
export function positionsNeeded({ names, required }: SynchronousQuorum): number {
  return required === 0 ? 0 : names.length - required + 1;
}

/** Of its answers only those count that bind: frozen, and with the term stored. */
export function holdsAcknowledged(state: State, role: Candidate): boolean {
  const { synchronous } = role.record;
  const needed = positionsNeeded(synchronous);
  if (needed === 0 || role.isForced || role.purpose === 'bootstrap' || !needsQuorum(state)) {
    return true;
  }
  const held = synchronous.names.filter((node) =>
    node === state.settings.self ? isWhole(state) : role.bound.some((it) => isHeldOf(state, it, node)),
  );
  return held.length >= needed || holdsLastLeaders(state, role);
}

/** Whether a pre-vote found enough that could answer with a position, or the last leader. */
export function mayHoldAcknowledged(state: State, { answers }: Canvassing): boolean {
  const { durable, settings } = state;
  const { record, line } = durable;
  if (record === null || record.synchronous.required === 0 || !needsQuorum(state)) {
    return true;
  }
  const mayHold = (from: NodeId, { position, refusal }: StatusAnswer) =>
    position?.isExact === true &&
    refusal === null &&
    (isContained(position, state.position) || mayFetch(state, from));
  const isKnown = (node: NodeId) =>
    node === settings.self
      ? isWhole(state)
      : answers.some(([from, answer]) => from === node && mayHold(from, answer));
  const lastTerm = line?.term ?? noTerm;
  const isLastLeaderThere =
    ledTermOf(state) >= lastTerm ||
    answers.some(([from, answer]) => answer.ledTerm >= lastTerm && mayHold(from, answer));
  const { synchronous } = record;
  return isLastLeaderThere || synchronous.names.filter(isKnown).length >= positionsNeeded(synchronous);
}

/** Who lacks WAL that it cannot fetch lets those stand that have it. */
function mayFetch(state: State, node: NodeId): boolean {
  return state.settings.walTailTimeoutMs > 0 && !isUnfetchable(state, node);
}

/** A server that is writable still, on the timeline of who led last: it has acknowledged all itself. */
export function isLastLeader(state: State, role: Candidate): boolean {
  const { position, durable, settings } = state;
  const isOnLine = position !== null && durable.line !== null && samePath(position.path, durable.line.path);
  return isOnLine && newestLed(state, role).node === settings.self;
}

/** All that was acknowledged is in the WAL of who led last, where nobody can have led since. */
function holdsLastLeaders(state: State, role: Candidate): boolean {
  const { bound, purpose } = role;
  const { term } = newestLed(state, role);
  if (term === noTerm) {
    return false;
  }
  return purpose === 'writable'
    ? isLastLeader(state, role)
    : ledTermOf(state) >= term || bound.some((it) => it[1].ledTerm >= term && isHeldOf(state, it, it[0]));
}

/** The newest term that may have been led, as far as the voters know; whose it was says best whether it was. */
function newestLed(state: State, { bound, term: asked }: Candidate): Reigns['last'] {
  const own = reignsOf(state);
  const told = new Map([
    [state.settings.self, own],
    ...bound.map(([node, it]) => [node, it.reigns] as const),
  ]);
  let newest = own.last;
  for (const { last, open } of told.values()) {
    const possible = open
      .filter(({ term, candidate }) => {
        const word = candidate === null ? undefined : told.get(candidate);
        return term < asked && (word === undefined || wasLed(word, term));
      })
      .map(({ term, candidate }) => ({ term, node: candidate }));
    for (const it of [last, ...possible]) {
      const isNewer = it.term > newest.term || (it.term === newest.term && newest.node === null);
      newest = isNewer ? it : newest;
    }
  }
  return newest;
}

function isHeldOf(state: State, [from, { position }]: readonly [NodeId, VoteAnswer], node: NodeId): boolean {
  return from === node && position !== null && position.isExact && isContained(position, state.position);
}

/** The one setting that gives the promise away. */
function needsQuorum({ settings }: State): boolean {
  return settings.failoverQuorum === 'majority';
}

/** This node's own WAL says how far it acknowledged. */
function isWhole({ position, durable }: State): boolean {
  return position !== null && position.isExact && durable.replaced === null;
}

function isContained(position: Position, own: Position | null): boolean {
  if (own === null) {
    return false;
  }
  const { order, isDivergent } = comparePositions(position, own);
  return !isDivergent && order <= 0;
}
