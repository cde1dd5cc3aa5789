/** Terms that others spoke of. Hearing of one is no reason to act in it; a new term is asked for above all of them. */
import type { NodeId } from '../model/node.ts';
import { bounds } from './bounds.ts';
import { isMember } from './quorum.ts';
import type { State } from './state.ts';
import { firstTerm, type Term } from './term.ts';
import { change, type Turn } from './turn.ts';

/** Terms of those who are no members are ignored: they would drive the number up for nothing. */
export function noteTerm(turn: Turn, from: NodeId, term: Term): void {
  const { durable, highestTermHeard } = turn.state;
  if (term > highestTermHeard && (durable.record === null || isMember(durable.record, from))) {
    change(turn, { highestTermHeard: term });
  }
}

/** Far above all that is known, and no other node's: each has a band of its own, which the elections after it stay in. */
export function forcedTerm(state: State): Term {
  const { forcedTermModulus: modulus, forcedTermStep, forcedTermBand } = bounds;
  const above = nextTerm(state) + forcedTermStep;
  const own = state.settings.self * forcedTermBand;
  return (Math.max(0, Math.ceil((above - own) / modulus)) * modulus + own) as Term;
}

/**
 * By failover_quorum=none two may win at the same time: each node has every so many-th term for its own, whatever it
 * knows of the other nodes.
 */
export function termToAskFor(state: State): Term {
  const next = nextTerm(state);
  const { self, failoverQuorum } = state.settings;
  const { ownTermsApart: apart } = bounds;
  const above = (apart + (self % apart) - (next % apart)) % apart;
  return failoverQuorum === 'majority' ? next : ((next + above) as Term);
}

/** Above everything that this node did, gave up or heard of; the first term is the recorded primary's alone. */
export function nextTerm({ durable, highestTermHeard }: State): Term {
  return (Math.max(firstTerm, durable.term, durable.givenUp, highestTermHeard) + 1) as Term;
}
