/**
 * The question over SQL whether a server is writable (rule 3): a server that hangs leaves it without an answer for its
 * whole time. So it is asked with the pre-vote already, and its answers are good for a moment.
 */
import type { NodeId } from '../model/node.ts';
import { bounds } from './bounds.ts';
import { askServers } from './evidence.ts';
import { leaderYielded } from './lease.ts';
import type { PeerAnswer } from './server-observation.ts';
import type { State } from './state.ts';
import { change, isRunning, type Turn } from './turn.ts';

/** With a pre-vote from which an election may follow. */
export function askAhead(turn: Turn): void {
  if (!leaderYielded(turn.state) && turn.state.stayedOutBecause === '') {
    answersOrAsk(turn);
  }
}

/** @returns null where they will come with an event */
export function answersOrAsk(turn: Turn): readonly (readonly [NodeId, PeerAnswer])[] | null {
  const { state } = turn;
  const { question } = state;
  if (
    question === null ||
    !isFresh(state) ||
    (question.answers === null && !isRunning(state, 'askServers'))
  ) {
    askServers(turn, []);
    return null;
  }
  return question.answers;
}

export function noteAnswers(turn: Turn, answers: readonly (readonly [NodeId, PeerAnswer])[]): void {
  const { question } = turn.state;
  if (question !== null) {
    change(turn, { question: { ...question, answers } });
  }
}

function isFresh({ question, now }: State): boolean {
  return question !== null && now.monotonicMs - question.askedAt <= bounds.freshAnswersMs;
}
