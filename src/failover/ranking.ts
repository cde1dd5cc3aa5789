/** Who stands first: of those who could, by position, health, priority, lower node id (rule 2). */
import type { NodeId } from '../model/node.ts';
import { candidacyOf, healthOf } from './candidacy.ts';
import type { Candidacy, Health } from './messages.ts';
import { isDiverged } from './own-wal.ts';
import { comparePositions, type Position } from './position.ts';
import type { Canvassing, State } from './state.ts';

/** How many of those who could stand come before this node. */
export function rankOf(state: State, role: Canvassing): number {
  const own: Rival = {
    node: state.settings.self,
    candidacy: candidacyOf(state, role.isByOperator),
    position: isDiverged(state) ? null : state.position,
    health: healthOf(state),
  };
  if (role.isByOperator) {
    return 0;
  }
  return role.answers.filter(
    ([node, { candidacy, position, health, refusal }]) =>
      refusal === null && candidacy.kind !== 'none' && goesBefore({ node, candidacy, position, health }, own),
  ).length;
}

interface Rival {
  readonly node: NodeId;
  readonly candidacy: Candidacy;
  readonly position: Position | null;
  readonly health: Health;
}

function goesBefore(one: Rival, other: Rival): boolean {
  const byResort =
    Number(other.candidacy.kind === 'lastResort') - Number(one.candidacy.kind === 'lastResort');
  const byPosition =
    one.position === null || other.position === null
      ? 0
      : comparePositions(one.position, other.position).order;
  const byHealth = Number(one.health === 'up') - Number(other.health === 'up');
  const byPriority = priorityOf(one) - priorityOf(other);
  return (byResort || byPosition || byHealth || byPriority || other.node - one.node) > 0;
}

function priorityOf({ candidacy }: Rival): number {
  return candidacy.kind === 'none' ? 0 : candidacy.priority;
}
