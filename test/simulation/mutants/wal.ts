/** Mutants of positions, of the WAL tail, and of the yield. */
import { type Change, inCore, type Mutant } from './mutant.ts';

/** Who left the line is neither candidate nor ranked; without that knowledge the order of positions is all there is. */
const knowsNoLine = inCore(
  'own-wal',
  '  if (isOnPath(position, line)) {\n    return false;',
  '  if (isOnPath(position, line) || position.lsn >= 0) {\n    return false;',
);

/** Positions are compared in another way. */
function ordersBy(order: string): Change {
  const shared = '  const shared = sharedSteps(one.path, other.path);\n  if (shared === one.path.length';
  const instead = `  if (one.lsn >= 0) {\n    return { order: ${order}, isDivergent: false };\n  }\n`;
  return inCore('position', shared, instead + shared);
}

export const wal: readonly Mutant[] = [
  {
    name: 'let a lower bound vote',
    changes: [
      inCore(
        'vote-refusals',
        "return position.isExact || isDiverged(state) ? null : 'lowerBound';",
        "return position.lsn < 0 ? 'lowerBound' : null;",
      ),
    ],
    caughtBy: ['winner has all', 'a crash loses nothing'],
    stories: ['53'],
    withinHistories: 20,
  },
  {
    name: 'rank by received LSN alone',
    changes: [knowsNoLine, ordersBy('one.lsn - other.lsn')],
    caughtBy: ['winner has all', 'timelines apart', 'convergence'],
    stories: ['25', '24'],
    withinHistories: 20,
  },
  {
    name: 'order positions by timeline number',
    changes: [knowsNoLine, ordersBy('one.path.length - other.path.length || one.lsn - other.lsn')],
    caughtBy: ['winner has all', 'timelines apart', 'convergence'],
    stories: ['24', '25'],
    withinHistories: 200,
  },
  {
    name: 'promote before the WAL is fetched',
    changes: [
      inCore(
        'candidate',
        "  if (outcome.kind === 'granted') {\n    const votes = [...role.votes.filter",
        "  if (outcome.kind !== 'refused') {\n    const votes = [...role.votes.filter",
      ),
    ],
    caughtBy: ['kept words', 'winner has all', 'a crash loses nothing'],
    stories: ['23'],
    withinHistories: 1000,
  },
  {
    name: 'yield before PostgreSQL is down',
    changes: [
      inCore(
        'trouble',
        "    goDown(turn, 'crash', 'takeDown');\n",
        "    endTerm(turn, leader.term, 'crash');\n    goDown(turn, 'crash', 'takeDown');\n",
      ),
    ],
    caughtBy: ['kept words', 'one primary', 'winner has all', 'a crash loses nothing'],
    stories: ['13'],
    withinHistories: 20,
  },
  {
    name: 'yield to nobody',
    changes: [
      inCore(
        'trouble',
        '    return node !== settings.self && contact.isCandidate && isInContact(state, leader, node) && isNear;',
        '    return node !== settings.self || (contact.isCandidate && isNear);',
      ),
    ],
    caughtBy: ['the story', 'convergence'],
    stories: ['30'],
    withinHistories: 20,
  },
  {
    name: 'a position that does not bind',
    changes: [inCore('vote', '    store(turn, { term: request.term, frozen });\n', '    void frozen;\n')],
    caughtBy: ['stable terms', 'winner has all'],
    stories: ['23'],
    withinHistories: 1000,
  },
];
