/** What became of an operator's request, said where it was asked. */
import type { PendingRequest } from './leader-state.ts';
import { act, send, type Turn } from './turn.ts';

export function answerRequest(
  turn: Turn,
  { requestId, from }: Pick<PendingRequest, 'requestId' | 'from'>,
  isAccepted: boolean,
  sentence: string,
): void {
  if (from === turn.state.settings.self) {
    act(turn, { kind: 'answerOperator', requestId, isAccepted, sentence });
  } else {
    send(turn, from, { kind: 'requestAnswer', requestId, isAccepted, sentence });
  }
}
