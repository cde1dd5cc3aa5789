/** What an operator asks for; what cannot be done is said at once, with the reason (rules 10 to 12). */
import type { NodeId } from '../model/node.ts';
import { standForced } from './candidate.ts';
import { candidacyOf } from './candidacy.ts';
import { canvass } from './election.ts';
import { contactMs, contactOf } from './contact.ts';
import { isQuorum } from './quorum.ts';
import { isInForce } from './record-changes.ts';
import type { ForwardedRequest, RequestAnswer } from './messages.ts';
import type { OperatorRequest } from './operator-request.ts';
import { followOnRequest } from './follow-request.ts';
import { handOver, handOverWhatIsDown } from './handover.ts';
import { isYieldedBy, leaseLeftMs } from './lease.ts';
import { asPause, setMaintenance } from './maintenance.ts';
import { forgetPause } from './pause.ts';
import { answerRequest } from './request-answers.ts';
import type { Leader, PendingRequest } from './leader-state.ts';
import type { State } from './state.ts';
import { act, become, send, type Turn } from './turn.ts';
import type { VoterRecord } from './voter-record.ts';

export function onOperatorRequest(turn: Turn, requestId: string, request: OperatorRequest): void {
  const { role, settings, durable } = turn.state;
  const pending: PendingRequest = { requestId, from: settings.self, request };
  if (request.kind === 'promote') {
    promote(turn, pending, request.isForced);
  } else if (request.kind === 'follow') {
    followOnRequest(turn, pending, request.node);
  } else if (request.kind === 'maintenance' && request.node !== null && request.node !== settings.self) {
    send(turn, request.node, { kind: 'forwardedRequest', requestId, request });
  } else if (request.kind === 'maintenance') {
    maintain(turn, pending, request);
  } else if (role.kind === 'leader') {
    take(turn, role, pending);
  } else if (request.kind === 'unpause' && request.isForced && leaseLeftMs(turn.state) === 0) {
    forgetPause(turn);
    answerRequest(turn, pending, true, 'this node keeps the pause no longer');
  } else if (durable.leader !== null && durable.leader.node !== settings.self) {
    send(turn, durable.leader.node, { kind: 'forwardedRequest', requestId, request });
  } else {
    answerRequest(turn, pending, false, 'no leader is known');
  }
}

export function onForwardedRequest(turn: Turn, from: NodeId, message: ForwardedRequest): void {
  const { role } = turn.state;
  const { requestId, request } = message;
  const pending: PendingRequest = { requestId, from, request };
  if (request.kind === 'maintenance') {
    maintain(turn, pending, request);
  } else if (role.kind === 'leader') {
    take(turn, role, pending);
  } else {
    answerRequest(turn, pending, false, 'the node that was asked leads no longer');
  }
}

export function onRequestAnswer(turn: Turn, { requestId, isAccepted, sentence }: RequestAnswer): void {
  act(turn, { kind: 'answerOperator', requestId, isAccepted, sentence });
}

function maintain(
  turn: Turn,
  pending: PendingRequest,
  request: Extract<OperatorRequest, { readonly kind: 'maintenance' }>,
): void {
  const { role } = turn.state;
  if (role.kind === 'leader') {
    take(turn, role, { ...pending, request: asPause(request) });
  } else {
    answerRequest(turn, pending, true, setMaintenance(turn, request));
  }
}

/** A leader changes the record for it, as soon as the change before is in force. */
function take(turn: Turn, leader: Leader, pending: PendingRequest): void {
  const { state } = turn;
  const { request } = pending;
  const { record } = state.durable;
  const isKnown = leader.requests.some(({ requestId }) => requestId === pending.requestId);
  if (isKnown || leader.openRequest?.requestId === pending.requestId) {
    return;
  }
  if (request.kind === 'promote') {
    handOverWhatIsDown(turn, leader, pending.from);
  } else if (leader.stage !== 'serving' || record === null) {
    answerRequest(turn, pending, false, 'its PostgreSQL is not writable');
  } else if (request.kind === 'leave' && request.node === state.settings.self) {
    answerRequest(turn, pending, false, 'the leader cannot leave: switch over to another node first');
  } else if (request.kind === 'switchover') {
    handOver(turn, leader, pending, request.to);
  } else if (request.kind === 'pause' && record.pause !== null) {
    answerRequest(turn, pending, false, 'failover is paused already: end that pause first');
  } else if (request.kind === 'pause' && !isHeardByQuorum(state, leader, record)) {
    answerRequest(turn, pending, false, 'too few other repmgrds answer, and a majority must keep a pause');
  } else if (request.kind === 'pause' && !isInForce(state, leader, record)) {
    answerRequest(turn, pending, false, 'another change of the record has no quorum yet');
  } else if (
    request.kind === 'pause' ||
    request.kind === 'unpause' ||
    request.kind === 'leave' ||
    request.kind === 'join'
  ) {
    become(turn, { ...leader, requests: [...leader.requests, pending] });
  } else {
    answerRequest(turn, pending, false, `${request.kind} is not possible`);
  }
}

/** WAL that standbys acknowledge says nothing of their repmgrds. */
function isHeardByQuorum(state: State, leader: Leader, record: VoterRecord): boolean {
  return isQuorum(record, (node) => {
    const { sentAt } = contactOf(leader, node);
    return (
      node === state.settings.self || (sentAt !== null && sentAt + contactMs(state) > state.now.monotonicMs)
    );
  });
}

/**
 * An operator's election: the same rules, but nobody's word keeps this node from standing. A leader whose server is down
 * hears of it, since a pause or failover=manual may keep it from giving up its term by itself.
 */
function promote(turn: Turn, pending: PendingRequest, isForced: boolean): void {
  const { role, server, position, durable, settings } = turn.state;
  const candidacy = candidacyOf(turn.state, true);
  const isUp = server?.condition === 'running' && position !== null;
  if (role.kind === 'candidate' && !isForced) {
    answerRequest(turn, pending, true, 'an election is under way on this node');
    return;
  }
  if (isForced && role.kind !== 'leader' && role.kind !== 'retiring' && isUp) {
    standForced(turn);
    answerRequest(
      turn,
      pending,
      true,
      'it takes over with whoever votes for it, without a quorum if need be',
    );
    return;
  }
  if (role.kind === 'leader' || candidacy.kind === 'none') {
    answerRequest(
      turn,
      pending,
      false,
      candidacy.kind === 'none' ? candidacy.reason : 'this node leads already',
    );
    return;
  }
  const { leader } = durable;
  if (
    leader !== null &&
    leader.node !== settings.self &&
    !isYieldedBy(turn.state, leader.node, leader.term)
  ) {
    const { requestId, request } = pending;
    send(turn, leader.node, { kind: 'forwardedRequest', requestId, request });
  }
  canvass(turn, true, true);
  answerRequest(turn, pending, true, 'an election was begun');
}
