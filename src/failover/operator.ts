/** What an operator asks for; what cannot be done is said at once, with the reason (rules 10 to 12). */
import type { NodeId } from '../model/node.ts';
import { candidacyOf } from './candidacy.ts';
import { canvass } from './election.ts';
import type { ForwardedRequest } from './messages.ts';
import type { OperatorRequest } from './operator-request.ts';
import { act, explain, type Turn } from './turn.ts';

export function onOperatorRequest(turn: Turn, requestId: string, request: OperatorRequest): void {
  if (request.kind === 'promote' && !request.isForced) {
    promote(turn, requestId);
  } else {
    answer(turn, requestId, false, `${request.kind} is not possible`);
  }
}

export function onForwardedRequest(turn: Turn, from: NodeId, message: ForwardedRequest): void {
  explain(turn, 12, 'refuseRequest', `${message.request.kind} is not possible`, { from });
}

/** An operator's election: the same rules, but nobody's word keeps this node from standing. */
function promote(turn: Turn, requestId: string): void {
  const { role } = turn.state;
  const candidacy = candidacyOf(turn.state, true);
  if (role.kind === 'leader' || candidacy.kind === 'none') {
    answer(turn, requestId, false, candidacy.kind === 'none' ? candidacy.reason : 'this node leads already');
    return;
  }
  canvass(turn, true, true);
  answer(turn, requestId, true, 'an election was begun');
}

function answer(turn: Turn, requestId: string, isAccepted: boolean, sentence: string): void {
  act(turn, { kind: 'answerOperator', requestId, isAccepted, sentence });
}
