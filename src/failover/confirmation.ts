/** Confirmation: a leader answers a higher term that nobody won by winning one above it under the same lease (rule 4). */
import type { NodeId } from '../model/node.ts';
import { bounds } from './bounds.ts';
import { contactEndsAt, contactMs, voteCounts } from './contact.ts';
import { leaderYielded, leaseBinds, grantLease } from './lease.ts';
import type { Refusal, VoteRequest } from './messages.ts';
import { openTerm, reignsOf } from './open-terms.ts';
import { isWritable } from './own-wal.ts';
import { compareVersions, isMember, isQuorum, membersOf } from './quorum.ts';
import type { Confirmation, Leader } from './leader-state.ts';
import type { State } from './state.ts';
import { termToAskFor } from './terms-heard.ts';
import { become, explain, send, store, type Turn } from './turn.ts';
import { restamped } from './first-record.ts';

export function reactConfirmation(turn: Turn, leader: Leader): void {
  const { confirmation } = leader;
  const { highestTermHeard } = turn.state;
  if (confirmation !== null && isConfirmed(turn.state, confirmation)) {
    leadConfirmed(turn, leader, confirmation);
    return;
  }
  const asked = confirmation?.term ?? leader.term;
  const isDue = confirmation === null || turn.now - confirmation.begunAt >= bounds.confirmationRetryMs;
  if (isDue && (highestTermHeard > asked || confirmation !== null) && mayAsk(turn.state, leader)) {
    ask(turn, leader, highestTermHeard > asked ? null : confirmation);
  }
}

/** The voter's side: by term, record and lease alone; its leader goes on meanwhile. */
export function confirmationRefusal(state: State, from: NodeId, request: VoteRequest): Refusal | null {
  const { durable, role, settings } = state;
  if (durable.hasLostState || durable.record === null) {
    return 'noState';
  }
  if (compareVersions(request.record.version, durable.record.version) < 0) {
    return 'olderRecord';
  }
  if (!isMember(request.record, settings.self) || !isMember(request.record, from)) {
    return 'notAMember';
  }
  if (role.kind === 'leader' || role.kind === 'retiring' || isWritable(state)) {
    return 'leadsItself';
  }
  const isRepeated = durable.vote?.term === request.term && durable.vote.candidate === from;
  if (request.term < durable.term || (request.term === durable.term && !isRepeated)) {
    return request.term === durable.term ? 'votedForAnother' : 'termNotHigher';
  }
  if (durable.leader?.node !== from || leaderYielded(state)) {
    return 'notItsLeader';
  }
  return leaseBinds(state, from) ? 'leaseInForce' : null;
}

export function grantConfirmation(turn: Turn, from: NodeId, request: VoteRequest): void {
  const { durable } = turn.state;
  const confirms = durable.leader?.term ?? request.leadsTerm;
  if (durable.vote?.term !== request.term) {
    store(turn, { term: request.term, vote: { term: request.term, candidate: from, confirms } });
    openTerm(turn, request.term, from);
  }
  grantLease(turn, from, request.term, request.leaseMs);
}

function mayAsk(state: State, leader: Leader): boolean {
  return leader.stage === 'serving' && contactEndsAt(state, leader, contactMs(state)) > state.now.monotonicMs;
}

function ask(turn: Turn, leader: Leader, repeated: Confirmation | null): void {
  const { state } = turn;
  const { record, leading } = state.durable;
  if (record === null || leading === null) {
    return;
  }
  const { self } = state.settings;
  const term = repeated?.term ?? termToAskFor(state);
  if (repeated === null) {
    store(turn, {
      term,
      vote: { term, candidate: self, confirms: leader.term },
      leading: { ...leading, askedTerm: term },
    });
    explain(turn, 4, 'confirm', `a higher term than ${leader.term} is known: asks to go on in term ${term}`, {
      term,
      leadsTerm: leader.term,
    });
  }
  const confirmation: Confirmation = { term, begunAt: turn.now, votes: repeated?.votes ?? [] };
  become(turn, { ...leader, confirmation });
  const request: VoteRequest = {
    kind: 'voteRequest',
    term,
    mark: { incarnation: state.incarnation, sentAt: turn.now },
    purpose: 'confirmation',
    leaseMs: state.settings.leaseMs,
    record,
    position: state.position,
    line: state.durable.line,
    leadsTerm: leader.term,
    reigns: reignsOf(state),
  };
  for (const node of membersOf(record)) {
    if (node !== self) {
      send(turn, node, request);
    }
  }
}

function isConfirmed(state: State, { votes }: Confirmation): boolean {
  const { record } = state.durable;
  const { self, failoverQuorum } = state.settings;
  /** Whoever else led by no quorum either is not asked. */
  if (failoverQuorum === 'none') {
    return true;
  }
  const counts = (node: NodeId) =>
    node === self || votes.some((vote) => vote.voter === node && voteCounts(state, vote));
  return record !== null && isQuorum(record, counts);
}

function leadConfirmed(turn: Turn, leader: Leader, { term }: Confirmation): void {
  const { record, leading, leader: known, line } = turn.state.durable;
  if (record === null || leading === null) {
    return;
  }
  store(turn, {
    leading: { ...leading, term, askedTerm: term },
    record: restamped(record, term),
    line: line === null ? null : { ...line, term },
    leader: known === null ? null : { ...known, term },
  });
  become(turn, { ...leader, term, confirmation: null, lastHeartbeatAt: 0 as Leader['lastHeartbeatAt'] });
  explain(turn, 4, 'confirmed', `goes on as the leader, now of term ${term}`, { term });
}
