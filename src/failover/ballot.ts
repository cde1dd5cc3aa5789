/** The votes of a candidate as they stand: whether they are a quorum, may still be one, and who is ahead (rules 3, 4). */
import type { NodeId } from '../model/node.ts';
import { bounds } from './bounds.ts';
import { voteCounts } from './contact.ts';
import { holdsAcknowledged } from './known-positions.ts';
import type { Refusal } from './messages.ts';
import { isUnfetchable } from './missing-wal.ts';
import { isQuorum } from './quorum.ts';
import type { Candidate, State } from './state.ts';

/** A quorum, and with it all that was acknowledged to a client of a synchronous cluster (rule 13). */
export function hasWon(state: State, role: Candidate): boolean {
  return hasQuorum(state, role) && holdsAcknowledged(state, role);
}

/** A vote counts while its voter is in contact; its own not where it forgot whom it voted for. */
function hasQuorum(state: State, role: Candidate): boolean {
  const { settings } = state;
  const { self } = settings;
  if (role.isForced) {
    return hasAsked(state, role);
  }
  const counted = role.votes.filter((vote) => voteCounts(state, vote)).map(({ voter }) => voter);
  const ownCounts = !state.durable.hasLostState || (role.record.voters.length === 2 && counted.length > 0);
  const isComplete = isQuorum(role.record, (node) => (node === self ? ownCounts : counted.includes(node)));
  if (settings.failoverQuorum === 'none' && role.answered !== null) {
    return role.answered.every((node) => counted.includes(node));
  }
  return (
    (isComplete && !waitsForOthers(state, role, counted)) || ownVoteSuffices(state, role.refusals.length > 0)
  );
}

/** Long enough for every voter that can be reached, freeze included. */
function hasAsked({ now, settings }: State, role: Candidate): boolean {
  const others = role.record.voters.filter((node) => node !== settings.self);
  const haveAnswered = others.every(
    (node) => isVoter(role, node) || role.refusals.some(([from]) => from === node),
  );
  return haveAnswered || now.monotonicMs - role.begunAt >= bounds.forcedRoundMs;
}

/**
 * The last leader of a set of two that voted for nobody since its yield: the other could win by its vote alone. Where
 * the other answers, it is asked; who was fenced knows of another leader, or could not be sure that there is none.
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
    yielded.reason !== 'fence' &&
    leader?.node === settings.self &&
    leader.term <= yielded.upToTerm &&
    (vote === null || vote.candidate === settings.self)
  );
}

/** Their WAL is fetched before a quorum counts, as long as they answer and it can be read. */
function waitsForOthers(state: State, role: Candidate, counted: readonly NodeId[]): boolean {
  const isPatient = state.now.monotonicMs - role.begunAt < bounds.awaitedPatienceMs;
  return (
    isPatient && role.awaited.some((node) => !counted.includes(node) && isStillAwaited(state, role, node))
  );
}

/** Whoever refuses so can neither vote nor be read. */
const isOutOfReach: ReadonlySet<Refusal> = new Set(['walUnreadable', 'noState', 'notAMember']);

function isStillAwaited(state: State, { refusals }: Candidate, node: NodeId): boolean {
  const cannotBeRead = refusals.some(
    ([from, { outcome }]) => from === node && outcome.kind === 'refused' && isOutOfReach.has(outcome.refusal),
  );
  return !cannotBeRead && !isUnfetchable(state, node);
}

/** Not enough voters are left that could still grant: those who are busy or have not answered may. */
export function isHopeless(state: State, role: Candidate): boolean {
  const { record, refusals, awaited, answered } = role;
  const isFinal = (node: NodeId) =>
    refusals.some(
      ([from, { outcome }]) => from === node && outcome.kind === 'refused' && outcome.refusal !== 'busy',
    );
  const isSilent = (node: NodeId) => answered !== null && !answered.includes(node) && haveAllAnswered(role);
  const open = (node: NodeId) =>
    node === state.settings.self || isVoter(role, node) || (!isFinal(node) && !isSilent(node));
  const lacksPositions =
    answered !== null &&
    answered.every((node) => isVoter(role, node) || isFinal(node)) &&
    !holdsAcknowledged(state, role);
  return (
    lacksPositions ||
    !isQuorum(record, open) ||
    awaited.some((node) => isFinal(node) && isStillAwaited(state, role, node))
  );
}

function isVoter({ votes }: Candidate, node: NodeId): boolean {
  return votes.some(({ voter }) => voter === node);
}

/** Everybody who answered the pre-vote has answered the request too. */
function haveAllAnswered(role: Candidate): boolean {
  return (role.answered ?? []).every(
    (node) => isVoter(role, node) || role.refusals.some(([from]) => from === node),
  );
}
