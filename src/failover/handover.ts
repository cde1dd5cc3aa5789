/** Switchover: the leader stops its own server in good order and yields to the node that an operator named (rule 12). */
import type { NodeId } from '../model/node.ts';
import { contactOf, isInContact } from './contact.ts';
import { goDown } from './fencing.ts';
import type { Leader, PendingRequest } from './leader-state.ts';
import { nameOf } from './names.ts';
import { isQuorum } from './quorum.ts';
import { answerRequest } from './request-answers.ts';
import type { State } from './state.ts';
import { explain, type Turn } from './turn.ts';

/**
 * From the shutdown on it can't be undone, but it ends by itself: the successor stands first, then the others, and this
 * node as a standby at last.
 */
export function handOver(turn: Turn, leader: Leader, pending: PendingRequest, to: NodeId): void {
  const obstacle = obstacleTo(turn.state, leader, to);
  if (obstacle !== null) {
    answerRequest(turn, pending, false, obstacle);
    return;
  }
  explain(turn, 12, 'yield', `hands over to ${nameOf(turn.state, to)}`, { to, term: leader.term });
  answerRequest(turn, pending, true, 'the server is shut down, then handed over');
  goDown(turn, 'handover', 'shutDown', to);
}

function obstacleTo(state: State, leader: Leader, to: NodeId): string | null {
  const { record } = state.durable;
  const { position, isCandidate } = contactOf(leader, to);
  const name = nameOf(state, to);
  if (record === null || record.replacedVoters !== null) {
    return 'a change of the voters is pending';
  }
  if (leader.isPaused) {
    return 'failover is paused';
  }
  if (to === state.settings.self || !record.voters.includes(to)) {
    return `${name} is no other voter`;
  }
  if (!isQuorum(record, (node) => isInContact(state, leader, node)) || !isInContact(state, leader, to)) {
    return `${name} and a quorum have to be in contact`;
  }
  const lag = (state.position?.lsn ?? 0) - (position?.lsn ?? 0);
  return isCandidate && lag <= state.settings.failoverMaxLagBytes
    ? null
    : `${name} is no candidate, or lags behind by ${lag} bytes`;
}
