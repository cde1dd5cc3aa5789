/** A leader that came back asks the other nodes whether they lead something (rule 9). */
import type { NodeId } from '../model/node.ts';
import { bounds } from './bounds.ts';
import type { Leader } from './leader-state.ts';
import type { StatusAnswer } from './messages.ts';
import { isSmallSet } from './quorum.ts';
import { become, change, send, type Turn } from './turn.ts';

/** A node says that it leads nothing, in answer to this life's question. */
export function noteLeadsNothing(turn: Turn, from: NodeId, answer: StatusAnswer): void {
  const { role, settings } = turn.state;
  if (role.kind !== 'leader' || role.stage !== 'checking' || answer.round !== turn.state.statusRound) {
    return;
  }
  const knowsAnother =
    answer.refusal === 'leadsItself' ||
    answer.refusal === 'primaryAnswers' ||
    (answer.leader !== null && answer.leader !== settings.self && answer.leaderTerm > role.term);
  if (!knowsAnother && !role.leadNothing.includes(from)) {
    become(turn, { ...role, leadNothing: [...role.leadNothing, from] });
  }
}

/** In a set of one or two the others' word that they lead nothing is enough after a boot (rule 9). */
export function askWhoLeads(turn: Turn, leader: Leader): void {
  const { state, now } = turn;
  const { record } = state.durable;
  if (record !== null && isSmallSet(record) && now - state.statusAskedAt >= bounds.retryMs) {
    const round = state.statusRound + 1;
    change(turn, { statusRound: round, statusAskedAt: now });
    for (const { id } of state.metadata.nodes) {
      if (id !== state.settings.self && !leader.leadNothing.includes(id)) {
        send(turn, id, { kind: 'statusRequest', round, highestTerm: leader.term, record });
      }
    }
  }
}
