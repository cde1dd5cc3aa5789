/** Sorts messages to whoever knows them; what is not known changes nothing. */
import type { NodeId } from '../model/node.ts';
import { onVoteAnswer } from './candidate.ts';
import { onStatusAnswer, onStatusRequest } from './election.ts';
import { onYieldAcknowledged } from './fencing.ts';
import { onHeartbeat } from './heartbeat.ts';
import { onHeartbeatAcknowledged, onHeartbeatRefused } from './leader.ts';
import { onJoinRequest } from './membership.ts';
import type { Message } from './messages.ts';
import { onForwardedRequest, onRequestAnswer } from './operator.ts';
import { change, type Turn } from './turn.ts';
import { onVoteRequest } from './vote.ts';
import { onTermGivenUp, onYield } from './yield.ts';

export function onMessage(turn: Turn, from: NodeId, message: Message): void {
  if (from === turn.state.settings.self) {
    return;
  }
  if (turn.state.silentVoters.includes(from)) {
    change(turn, { silentVoters: turn.state.silentVoters.filter((node) => node !== from) });
  }
  switch (message.kind) {
    case 'heartbeat':
      onHeartbeat(turn, from, message);
      break;
    case 'heartbeatAcknowledged':
      onHeartbeatAcknowledged(turn, from, message);
      break;
    case 'heartbeatRefused':
      onHeartbeatRefused(turn, from, message);
      break;
    case 'statusRequest':
      onStatusRequest(turn, from, message);
      break;
    case 'statusAnswer':
      onStatusAnswer(turn, from, message);
      break;
    case 'voteRequest':
      onVoteRequest(turn, from, message);
      break;
    case 'voteAnswer':
      onVoteAnswer(turn, from, message);
      break;
    case 'yield':
      onYield(turn, from, message);
      break;
    case 'yieldAcknowledged':
      onYieldAcknowledged(turn, from, message);
      break;
    case 'termGivenUp':
      onTermGivenUp(turn, from, message);
      break;
    case 'forwardedRequest':
      onForwardedRequest(turn, from, message);
      break;
    case 'joinRequest':
      onJoinRequest(turn, from, message);
      break;
    case 'requestAnswer':
      onRequestAnswer(turn, message);
      break;
    default:
      break;
  }
}
