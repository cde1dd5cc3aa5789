/** Before a candidate votes for itself it proves what each voter has to prove: silence, the freeze, the looks (rule 3). */
import { bounds } from './bounds.ts';
import { candidacyOf } from './candidacy.ts';
import { beginFreeze, isElectionPurpose, isSettled, primaryAnswers, refusalByLooks } from './evidence.ts';
import { giveUp } from './giving-up.ts';
import type { MonotonicMs } from './instant.ts';
import { grantLease, leaderYielded, leaseBinds } from './lease.ts';
import type { Refusal } from './messages.ts';
import { namesOf } from './names.ts';
import { openTerm } from './open-terms.ts';
import { beginFetch } from './missing-wal.ts';
import { isWitness } from './own-wal.ts';
import { newerRecord } from './quorum.ts';
import { refusalInWords } from './refusals-in-words.ts';
import type { Candidate, State } from './state.ts';
import { firstTerm, noTerm } from './term.ts';
import { forcedTerm, termToAskFor } from './terms-heard.ts';
import { explain, isRunning, store, type Turn } from './turn.ts';
import { askForVotes } from './vote-requests.ts';

export function prepareCandidacy(turn: Turn, role: Candidate): void {
  const { state, now } = turn;
  const isElection = isElectionPurpose(role.purpose);
  if (state.durable.hasLostState && isWithin(bounds.relearnMs, role, now) && hasUnknownMakers(state)) {
    return;
  }
  if (isElection && maySuspectPrimary(state, role)) {
    beginFreeze(turn, state.durable.leader?.node ?? null);
  }
  if (!isSettled(state, isElection, role) && !livingPrimaryAnswers(state, role)) {
    if (now - role.begunAt >= bounds.considerationMs) {
      giveUp(turn, role);
    }
    return;
  }
  const isUnfit = isElection && !role.isForced && candidacyOf(state, role.isByOperator).kind === 'none';
  const refusal = refusalByLooks(state, role, isElection);
  const isBound = !role.isForced && leaseBinds(state, state.settings.self);
  if (isUnfit || refusal !== null || isBound) {
    explain(
      turn,
      3,
      'stayOut',
      `does not stand: ${isBound ? 'it has voted for another' : reasonOf(state, role, refusal)}`,
      { refusal },
    );
    giveUp(turn, role, refusal === 'primaryAnswers' ? state.settings.leaseMs / 2 : 0);
    return;
  }
  if (role.tail === null) {
    voteForItself(turn, role);
  } else if (!isRunning(state, 'fetchWal')) {
    beginFetch(turn, role, role.tail);
  }
}

function reasonOf(state: State, { answers }: Candidate, refusal: Refusal | null): string {
  const writable = (answers ?? []).filter(([, answer]) => answer === 'writable').map(([node]) => node);
  if (refusal === 'primaryAnswers' && writable.length > 0) {
    return `${namesOf(state, writable)} accepts writes`;
  }
  return refusal === null ? 'it is no candidate any more' : refusalInWords[refusal];
}

function voteForItself(turn: Turn, role: Candidate): void {
  const { state } = turn;
  const { durable, settings } = state;
  const wanted = role.purpose === 'bootstrap' ? firstTerm : termToAskFor(state);
  const term = role.isForced ? forcedTerm(state) : wanted;
  const record =
    role.purpose === 'bootstrap' ? role.record : (newerRecord(durable.record, role.record) ?? role.record);
  const frozen =
    isElectionPurpose(role.purpose) && durable.frozen !== null
      ? { ...durable.frozen, boundTerm: term }
      : durable.frozen;
  store(turn, { term, vote: { term, candidate: settings.self, confirms: null }, frozen, record });
  openTerm(turn, term, settings.self);
  grantLease(turn, settings.self, term, settings.leaseMs);
  explain(turn, 2, 'standForElection', `stands for election in term ${term}`, {
    term,
    lsn: state.position?.lsn ?? null,
    purpose: role.purpose,
  });
  askForVotes(turn, { ...role, term, record, stage: 'asking' });
}

/** Replication is not touched while a server answers as the primary, or before it was asked. */
function maySuspectPrimary(state: State, { frozenAt, answers }: Candidate): boolean {
  const isSilent = answers === null ? leaderYielded(state) : !primaryAnswers(state, answers);
  return isSilent && frozenAt === null && !isRunning(state, 'freeze') && !isWitness(state);
}

function livingPrimaryAnswers(state: State, { answers }: Candidate): boolean {
  return answers !== null && !leaderYielded(state) && primaryAnswers(state, answers);
}

/** It lost its state file: the others tell who made its timelines. */
function hasUnknownMakers({ position }: State): boolean {
  return position !== null && position.path.some(({ term }) => term === noTerm);
}

function isWithin(ms: number, { begunAt }: Candidate, now: MonotonicMs): boolean {
  return now - begunAt < ms;
}
