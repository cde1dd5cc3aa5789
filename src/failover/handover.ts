/** Handover: the leader yields to the node that an operator named, and stops its own server in good order first (rule 12). */
import type { NodeId } from '../model/node.ts';
import { contactOf, isInContact } from './contact.ts';
import { endTerm, goDown, rest } from './fencing.ts';
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

/**
 * An operator promotes a standby while this leader's server is down, and a pause or failover=manual lets it wait. What is
 * up is the primary, and stays so: then nothing comes of it.
 */
export function handOverWhatIsDown(turn: Turn, leader: Leader, to: NodeId): void {
  const { server, durable } = turn.state;
  const condition = server?.condition;
  const isDown = condition === 'crashed' || condition === 'shutDown';
  const isVoter = durable.record?.voters.includes(to) === true && to !== turn.state.settings.self;
  if (leader.stage !== 'serving' || !isDown || !isVoter || !isInContact(turn.state, leader, to)) {
    return;
  }
  const { term } = leader;
  explain(turn, 12, 'yield', `its PostgreSQL is down, and an operator promotes ${nameOf(turn.state, to)}`, {
    to,
    term,
  });
  if (condition === 'crashed') {
    goDown(turn, 'crash', 'takeDown', to);
  } else {
    endTerm(turn, term, 'shutdown', to);
    rest(turn);
  }
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
