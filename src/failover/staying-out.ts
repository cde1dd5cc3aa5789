/** Why no election is possible: said when it begins, when something about it changes, and to an operator each time (rules 2, 13). */
import type { NodeId } from '../model/node.ts';
import { nameOf, namesOf } from './names.ts';
import { membersOf } from './quorum.ts';
import { refusalInWords } from './refusals-in-words.ts';
import type { Canvassing } from './state.ts';
import { change, explain, type Turn } from './turn.ts';

export function explainStayingOut(turn: Turn, { answers, isByOperator }: Canvassing): void {
  const { durable, settings, stayedOutBecause } = turn.state;
  const members = durable.record === null ? [] : membersOf(durable.record);
  const obstacles = members
    .filter((node) => node !== settings.self)
    .flatMap((node) => obstacleOf(turn, answers, node));
  const because = obstacles.join('; ');
  if (isByOperator || because !== stayedOutBecause) {
    change(turn, { stayedOutBecause: because });
    explain(turn, 2, 'stayOut', `no election, since too few would vote for it: ${because}`, {
      answered: answers.map(([node]) => node),
      refused: answers
        .flatMap(([node, { refusal }]) => (refusal === null ? [] : [`${node} ${refusal}`]))
        .join(', '),
    });
  }
}

/** A quorum would vote, but too little is known of what synchronous standbys acknowledged (rule 13). */
export function explainUnknownPositions(turn: Turn, { answers }: Canvassing): void {
  const { durable, stayedOutBecause } = turn.state;
  const names = durable.record?.synchronous.names ?? [];
  const sentence = `no election, since too few of ${namesOf(turn.state, names)} say what they acknowledged`;
  if (sentence !== stayedOutBecause) {
    change(turn, { stayedOutBecause: sentence });
    explain(turn, 13, 'stayOut', sentence, { names, answered: answers.map(([node]) => node) });
  }
}

function obstacleOf(turn: Turn, answers: Canvassing['answers'], node: NodeId): readonly string[] {
  const name = nameOf(turn.state, node);
  const answer = answers.find(([from]) => from === node)?.[1];
  if (answer === undefined) {
    return [`${name} does not answer`];
  }
  return answer.refusal === null ? [] : [`${name} says that ${refusalInWords[answer.refusal]}`];
}
