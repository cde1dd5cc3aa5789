/** The votes of a candidate as they stand: whether they are a quorum, may still be one, and who is ahead (rules 3, 4). */
import type { NodeId } from '../model/node.ts';
import { bounds } from './bounds.ts';
import { voteCounts } from './contact.ts';
import type { VoteAnswer } from './messages.ts';
import { leftLine } from './own-wal.ts';
import { comparePositions, type Position } from './position.ts';
import { isQuorum } from './quorum.ts';
import type { Candidate, State } from './state.ts';

/** A vote counts while its voter is in contact; its own not where it forgot whom it voted for. */
export function hasQuorum(state: State, role: Candidate): boolean {
  const { self } = state.settings;
  const counted = role.votes.filter((vote) => voteCounts(state, vote)).map(({ voter }) => voter);
  const ownCounts = !state.durable.hasLostState || (role.record.voters.length === 2 && counted.length > 0);
  const isComplete = isQuorum(role.record, (node) => (node === self ? ownCounts : counted.includes(node)));
  return (
    (isComplete && !waitsForYielder(state, role, counted)) || ownVoteSuffices(state, role.refusals.length > 0)
  );
}

/**
 * The last leader of a set of two that voted for nobody since its yield: the other could win by its vote alone. Where
 * the other answers, it is asked.
 */
export function ownVoteSuffices({ durable, settings }: State, otherAnswers: boolean): boolean {
  const { record, yielded, leader, vote } = durable;
  return (
    !otherAnswers &&
    record !== null &&
    record.replacedVoters === null &&
    record.voters.length === 2 &&
    record.voters.includes(settings.self) &&
    yielded !== null &&
    leader?.node === settings.self &&
    leader.term <= yielded.upToTerm &&
    (vote === null || vote.candidate === settings.self)
  );
}

/** Its WAL is fetched before a quorum counts, as long as it answers. */
function waitsForYielder({ now }: State, role: Candidate, counted: readonly NodeId[]): boolean {
  const { yielder } = role;
  if (yielder === null || counted.includes(yielder)) {
    return false;
  }
  const cannotBeRead = role.refusals.some(
    ([node, { outcome }]) =>
      node === yielder && outcome.kind === 'refused' && outcome.refusal === 'walUnreadable',
  );
  return !cannotBeRead && now.monotonicMs - role.begunAt < bounds.yielderPatienceMs;
}

/** The voter that has most of the WAL that this candidate lacks. */
export function furthestAhead(
  { durable: { line } }: State,
  { refusals }: Candidate,
): { readonly node: NodeId; readonly position: Position } | undefined {
  let most: { readonly node: NodeId; readonly position: Position } | undefined;
  for (const [node, answer] of refusals) {
    const { position } = answer;
    const isOnLine = position !== null && (line === null || !leftLine(position, line.path));
    if (isBehindAnswer(answer) && isOnLine) {
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
