/** The votes of a candidate as they stand: whether they are a quorum, may still be one, and who is ahead (rules 3, 4). */
import type { NodeId } from '../model/node.ts';
import { voteCounts } from './contact.ts';
import type { VoteAnswer } from './messages.ts';
import { comparePositions, type Position } from './position.ts';
import { isQuorum } from './quorum.ts';
import type { Candidate, State } from './state.ts';

/** A vote counts while its voter is in contact; its own not where it forgot whom it voted for. */
export function hasQuorum(state: State, role: Candidate): boolean {
  const { self } = state.settings;
  const counted = role.votes.filter((vote) => voteCounts(state, vote)).map(({ voter }) => voter);
  const ownCounts = !state.durable.hasLostState || (role.record.voters.length === 2 && counted.length > 0);
  return isQuorum(role.record, (node) => (node === self ? ownCounts : counted.includes(node)));
}

/** The voter that has most of the WAL that this candidate lacks. */
export function furthestAhead({
  refusals,
}: Candidate): { readonly node: NodeId; readonly position: Position } | undefined {
  let most: { readonly node: NodeId; readonly position: Position } | undefined;
  for (const [node, answer] of refusals) {
    const { position } = answer;
    if (isBehindAnswer(answer) && position !== null) {
      if (most === undefined || comparePositions(position, most.position).order > 0) {
        most = { node, position };
      }
    }
  }
  return most;
}

export function isBehindAnswer({ outcome }: VoteAnswer): boolean {
  return outcome.kind === 'behind';
}

/** Not enough voters are left that could still grant: those who are busy or have not answered may. */
export function isHopeless({ settings }: State, { record, refusals, purpose }: Candidate): boolean {
  const isFinal = (node: NodeId) =>
    refusals.some(
      ([from, { outcome }]) => from === node && outcome.kind === 'refused' && outcome.refusal !== 'busy',
    );
  const open = (node: NodeId) => node === settings.self || !isFinal(node);
  return purpose !== 'bootstrap' && !isQuorum(record, open);
}
