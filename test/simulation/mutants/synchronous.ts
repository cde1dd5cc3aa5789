/** Mutants of the synchronous quorum. */
import { inCore, type Mutant } from './mutant.ts';

const lost = 'nothing acknowledged is lost';

export const synchronous: readonly Mutant[] = [
  {
    name: 'promote behind a known position with K > 0',
    changes: [
      inCore(
        'known-positions',
        'position !== null && position.isExact && isContained(position, state.position);',
        'position !== null && position.isExact;',
      ),
      inCore('known-positions', '(isContained(position, state.position) || mayFetch(state, from));', 'true;'),
    ],
    caughtBy: [lost],
    stories: ['27'],
    withinHistories: 1_000,
  },
  {
    name: 'a position that does not bind, with K > 0',
    changes: [
      inCore('vote', 'store(turn, { term: request.term, frozen });', 'store(turn, { term: request.term });'),
      inCore(
        'heartbeat',
        "role.kind === 'leader' ? state.role.term : durable.term;",
        "role.kind === 'leader' ? state.role.term : (durable.vote?.term ?? 0);",
      ),
    ],
    caughtBy: [lost, 'kept words'],
    stories: ['20'],
    withinHistories: 1_000,
  },
  {
    name: 'ask for no position of synchronous standbys',
    changes: [
      inCore(
        'known-positions',
        '  return required === 0 ? 0 : names.length - required + 1;',
        '  return required * 0 * names.length;',
      ),
    ],
    caughtBy: [lost],
    stories: ['27', '28'],
    withinHistories: 1_000,
  },
  {
    name: 'believe the position of a directory that was replaced',
    changes: [
      inCore(
        'replaced-directory',
        'return durable.replaced === null ? position',
        'return durable.format === 1 ? position',
      ),
    ],
    caughtBy: [lost],
    stories: ['28'],
    withinHistories: 1_000,
  },
  {
    name: 'apply a synchronous change in the wrong order: take a standby out of the record first',
    changes: [
      inCore(
        'synchronous-change',
        "return { kind: 'postgres', to: { names, required: now.required }, isRaised: false };",
        "return { kind: 'record', to: { names, required: now.required } };",
      ),
    ],
    caughtBy: [lost],
    stories: ['22'],
    withinHistories: 1_000,
  },
  {
    name: 'apply a synchronous change in the wrong order: lower K in PostgreSQL first',
    changes: [
      inCore(
        'synchronous-change',
        "    return { kind: 'record', to: { names: now.names, required: wanted.required } };",
        "    return { kind: 'postgres', to: { names: now.names, required: wanted.required }, isRaised: false };",
      ),
      inCore('synchronous-change', 'strangers.size <=', 'strangers.size * 0 <= 99 +'),
    ],
    caughtBy: [lost],
    stories: ['21'],
    withinHistories: 1_000,
  },
  {
    name: 'apply a synchronous change in the wrong order: name a new standby in PostgreSQL first',
    changes: [
      inCore(
        'synchronous-change',
        "    return { kind: 'record', to: { names: [...now.names, ...newcomers], required: now.required } };",
        "    const all = { names: [...now.names, ...newcomers], required: now.required };\n    return { kind: 'postgres', to: all, isRaised: false };",
      ),
      inCore('synchronous-change', 'strangers.size <=', 'strangers.size * 0 <= 99 +'),
    ],
    caughtBy: [lost],
    stories: ['70'],
    withinHistories: 3_000,
  },
  {
    name: 'change the record before enough standbys have flushed',
    changes: [
      inCore('synchronous-standbys', 'flushed.length >= to.required;', 'flushed.length >= to.required * 0;'),
    ],
    caughtBy: [lost],
    stories: ['22'],
    withinHistories: 1_000,
  },
  {
    name: 'raise K without a way by nobody',
    changes: [
      inCore(
        'synchronous-standbys',
        'if (isRaised && !waitsForever(told)) {',
        'if (isRaised && told === null) {',
      ),
    ],
    caughtBy: [lost],
    stories: ['22'],
    withinHistories: 1_000,
  },
  {
    name: "let the last leader's position stand for all though others may have led",
    changes: [
      inCore('known-positions', 'return isLastLeaderThere ||', 'return synchronous.required > 0 ||'),
      inCore('known-positions', 'ledTermOf(state) >= term ||', 'ledTermOf(state) > 0 || term < 0 ||'),
      inCore('known-positions', 'it[1].ledTerm >= term &&', 'it[1].ledTerm > 0 &&'),
      inCore('open-terms', '(line === null || line.term <= yielded.term)', 'line !== undefined'),
    ],
    caughtBy: [lost],
    stories: ['71'],
    withinHistories: 10_000,
  },
  {
    name: 'leave a winner out of the names without one more node in its own place',
    changes: [
      inCore(
        'synchronous-change',
        'others.find((node) => node !== self && !names.includes(node));',
        'others.find((node) => node < 0 && node !== self);',
      ),
    ],
    caughtBy: ['convergence'],
    stories: ['72'],
    withinHistories: 100,
  },
];
