/** A candidate gives its term up: stored and said, so that the leases of its votes end (rule 3). */
import { bounds } from './bounds.ts';
import { undoFreeze } from './evidence.ts';
import { endLease } from './lease.ts';
import { closeTerms } from './open-terms.ts';
import { membersOf } from './quorum.ts';
import type { Candidate } from './state.ts';
import type { Term } from './term.ts';
import { become, explain, later, send, store, type Turn } from './turn.ts';

/** Before it voted for itself there is nothing to give up; the next attempt comes `atLeastMs` later. */
export function giveUp(turn: Turn, role: Candidate, atLeastMs = 0): void {
  const { durable, settings, now } = turn.state;
  const pause = Math.max(atLeastMs, bounds.canvassPauseMs + turn.random * bounds.rankBackOffMs * 4);
  become(turn, {
    kind: 'follower',
    electionNotBefore: later(now.monotonicMs, pause),
    hasWaited: false,
    unarmedSince: role.unarmedSince,
  });
  if (role.stage === 'preparing') {
    undoFreeze(turn);
    return;
  }
  if (role.purpose === 'bootstrap') {
    return;
  }
  store(turn, { givenUp: Math.max(durable.givenUp, role.term) as Term });
  closeTerms(turn, (open) => open.candidate === settings.self && open.term === role.term);
  endLease(turn, 'givenUp');
  explain(turn, 3, 'giveUp', `gives up term ${role.term}: too few votes`, {
    term: role.term,
    votes: role.votes.map(({ voter }) => voter),
    refusals: role.refusals
      .map(([node, { outcome }]) => `${node} ${outcome.kind === 'refused' ? outcome.refusal : outcome.kind}`)
      .join(', '),
  });
  for (const node of membersOf(role.record)) {
    if (node !== settings.self) {
      send(turn, node, { kind: 'termGivenUp', term: role.term });
    }
  }
}
