/**
 * Terms that this node voted in and that may have had a leader: until it hears that a term was given up, or yielded
 * before its promotion was called, or adopts a writable leader of that term or a later one (rule 13).
 */
import type { NodeId } from '../model/node.ts';
import { bounds } from './bounds.ts';
import type { Durable, OpenTerm } from './durable.ts';
import type { Heartbeat, Reigns, VoteRequest } from './messages.ts';
import { isDiverged } from './own-wal.ts';
import { samePath, tipOf } from './position.ts';
import type { State } from './state.ts';
import { noTerm, type Term } from './term.ts';
import { store, type Turn } from './turn.ts';

export function openTerm(turn: Turn, term: Term, candidate: NodeId): void {
  const { openTerms } = turn.state.durable;
  if (!openTerms.some((it) => it.term === term)) {
    store(turn, { openTerms: bounded([...openTerms, { term, candidate }]) });
  }
}

/** Whoever leads a writable server won by all that was acknowledged in the terms before; else it may be given up yet. */
export function noteReign(turn: Turn, from: NodeId, { term, isWritable }: Heartbeat): void {
  if (isWritable) {
    closeTerms(turn, (open) => open.term <= term);
  } else {
    openTerm(turn, term, from);
  }
}

/** These terms of this candidate were not led, or it is known otherwise who led last. */
export function closeTerms(turn: Turn, isClosed: (open: OpenTerm) => boolean): void {
  const { openTerms } = turn.state.durable;
  if (openTerms.some(isClosed)) {
    store(turn, { openTerms: openTerms.filter((open) => !isClosed(open)) });
  }
}

/** A leader that was adopted and whose server was not writable yet may have had no reign at all. */
export function reignsOf({ durable, settings }: State): Reigns {
  const { leader, line, yielded, openTerms } = durable;
  const term = line?.term ?? noTerm;
  if (yielded !== null && yielded.promotionCalled && yielded.term >= term) {
    return { last: { term: yielded.term, node: settings.self }, open: openTerms };
  }
  const isLeaders = leader !== null && leader.isWritable && leader.term === term;
  return { last: { term, node: isLeaders ? leader.node : null }, open: openTerms };
}

/** What the candidate of a term says of it counts, whatever others think possible. */
export function wasLed({ last, open }: Reigns, term: Term): boolean {
  return term <= last.term || open.some((it) => it.term === term);
}

/** Who asks for a later term says by that which of its earlier ones it gave up, where the word was lost. */
export function closeTermsGivenUp(turn: Turn, from: NodeId, { term, reigns }: VoteRequest): void {
  closeTerms(turn, (open) => open.candidate === from && open.term < term && !wasLed(reigns, open.term));
}

/** The last term that this node led, where its WAL still ends on the timeline that it led on; else none. */
export function ledTermOf(state: State): Term {
  const { durable, position } = state;
  const { yielded, line, ledOn, replaced } = durable;
  const isWhole = position !== null && position.isExact && replaced === null && !isDiverged(state);
  const isLast = yielded !== null && (line === null || line.term <= yielded.term);
  if (!isWhole || !isLast) {
    return noTerm;
  }
  /** Fenced before it knew that its promotion had ended, it is on the timeline that this made. */
  const isOfItsTerm = tipOf(position.path)?.term === yielded.term;
  const isWhereItLed = isOfItsTerm || (ledOn !== null && samePath(position.path, ledOn));
  /** Where its promotion was not seen to end it has what it had when it won, and perhaps more of its own. */
  const neverServed = line === null || line.term < yielded.term;
  return isWhereItLed || neverServed ? yielded.term : noTerm;
}

/** Only so many are told apart; of those before the last ones nobody can say any more that they were not led. */
function bounded(openTerms: Durable['openTerms']): Durable['openTerms'] {
  const [first, second, ...others] = openTerms;
  if (first === undefined || second === undefined || openTerms.length <= bounds.openTerms) {
    return openTerms;
  }
  return [{ term: Math.max(first.term, second.term) as Term, candidate: null }, ...others];
}
