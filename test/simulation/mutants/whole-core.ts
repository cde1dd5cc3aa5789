/** Mutants that no list names: each shows that one of the checkers sees what it is there for. */
import { inCore, inDriver, type Mutant } from './mutant.ts';

export const wholeCore: readonly Mutant[] = [
  {
    name: 'a core that does nothing',
    changes: [
      inDriver(
        'daemon',
        'const result = step(before, event);',
        'const result: ReturnType<typeof step> = event.random < 0 ? step(before, event) : { state: before, actions: [], explanations: [] };',
      ),
    ],
    caughtBy: ['convergence'],
    stories: [],
    withinHistories: 10,
  },
  {
    name: 'a core that never holds',
    changes: [
      inCore(
        'hold',
        'const isDue = holdsAt(state, leader) <= turn.now',
        'const isDue = holdsAt(state, leader) < 0',
      ),
    ],
    caughtBy: ['bounded loss'],
    stories: [],
    withinHistories: 1000,
  },
  {
    name: 'a core that never fences',
    changes: [
      inCore(
        'leader',
        'if (fencesAt(turn.state, leader) <= turn.now && leader.judgement === null) {',
        'if (fencesAt(turn.state, leader) < 0 && leader.judgement === null) {',
      ),
    ],
    caughtBy: ['one primary'],
    stories: ['19', '50'],
    withinHistories: 1000,
  },
  {
    name: 'a timer in the past',
    changes: [
      inCore(
        'timer',
        'wake > turn.now ? wake : turn.now + bounds.overdueMs',
        'wake > turn.now ? wake : turn.now + bounds.overdueMs * 0',
      ),
      inCore(
        'timer',
        'Math.max(role.electionNotBefore, now.monotonicMs + settings.heartbeatIntervalMs)',
        'Math.min(role.electionNotBefore, now.monotonicMs + settings.heartbeatIntervalMs)',
      ),
    ],
    caughtBy: ['no rush'],
    stories: ['32'],
    withinHistories: 200,
  },
  {
    name: 'a heartbeat whose WAL could not be read',
    changes: [
      inCore(
        'heartbeat',
        'const path = heartbeat.position?.path ?? null;\n  if (\n    isNew',
        'const path = heartbeat.position!.path;\n  if (\n    isNew',
      ),
    ],
    caughtBy: ['no exception'],
    stories: [],
    withinHistories: 1_000,
  },
  {
    name: 'follow whoever leads, whatever WAL there is',
    changes: [
      inCore(
        'followed-leader',
        '(position !== null && leader.path !== null && !isOnPath(position, leader.path))',
        '(position !== null && leader.path !== null && !isOnPath(position, leader.path) && position.lsn < 0)',
      ),
    ],
    caughtBy: ['timelines apart'],
    stories: ['24'],
    withinHistories: 200,
  },
  {
    name: 'follow a new primary with failover=manual too',
    changes: [
      inCore(
        'manual-following',
        "return settings.failover === 'manual' && attachedTo",
        'return settings.leaseMs < 0 && attachedTo',
      ),
    ],
    caughtBy: ['left to the operator', 'the story'],
    stories: ['65'],
    withinHistories: 20,
  },
];
