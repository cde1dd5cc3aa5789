/** A candidate asks for votes: whoever has not answered, or whose vote is too old to count (rules 3, 4). */
import { voteCounts } from './contact.ts';
import type { VoteRequest } from './messages.ts';
import { reignsOf } from './open-terms.ts';
import { membersOf } from './quorum.ts';
import type { Candidate } from './state.ts';
import type { Term } from './term.ts';
import { become, send, type Turn } from './turn.ts';

export function askForVotes(turn: Turn, role: Candidate): void {
  const { state, now } = turn;
  become(turn, { ...role, lastAskedAt: now });
  const request: VoteRequest = {
    kind: 'voteRequest',
    term: role.term,
    mark: { incarnation: state.incarnation, sentAt: now },
    purpose: role.purpose,
    leaseMs: state.settings.leaseMs,
    record: role.record,
    position: state.position,
    line: state.durable.line,
    leadsTerm: 0 as Term,
    reigns: reignsOf(state),
  };
  for (const node of membersOf(role.record)) {
    const vote = role.votes.find(({ voter }) => voter === node);
    const isFresh = vote !== undefined && voteCounts(state, vote);
    if (node !== state.settings.self && !isFresh) {
      send(turn, node, request);
    }
  }
}
