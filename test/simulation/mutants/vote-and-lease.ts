/** Mutants of the vote and of the lease. */
import { inCore, inDriver, type Mutant } from './mutant.ts';

/** The second look goes by the own file as well, or it would catch what the lease lets through. */
const looksByItsOwnFile = inCore(
  'evidence',
  'const leaseMs = durable.leaseMs === 0 ? settings.leaseMs : durable.leaseMs;\n  return Math.max(0, look.since',
  'const leaseMs = durable.leaseMs < 0 ? 0 : settings.leaseMs;\n  return Math.max(0, look.since',
);

export const voteAndLease: readonly Mutant[] = [
  {
    name: 'skip the freeze',
    changes: [
      inCore('evidence', "if (!isRunning(turn.state, 'freeze')) {", 'if (false) {'),
      inCore(
        'evidence',
        'const needsFreeze = isElection && !isWitness(state);',
        'const needsFreeze = false;',
      ),
    ],
    caughtBy: ['kept words', 'winner has all', 'one primary'],
    stories: ['14'],
    withinHistories: 20,
  },
  {
    name: 'believe the freeze unproven',
    changes: [inDriver('wal-effects', 'if (!server.receiver.exists) return true;', 'return true;')],
    caughtBy: ['kept words', 'winner has all', 'one primary'],
    stories: ['14'],
    withinHistories: 20,
  },
  {
    name: 'skip the second look at the LSN',
    changes: [inCore('evidence', 'return Math.max(0, look.since + leaseMs - now.monotonicMs);', 'return 0;')],
    caughtBy: ['kept words', 'winner has all', 'one primary', 'needed only'],
    stories: ['61'],
    withinHistories: 200,
  },
  {
    name: 'unfreeze after a lost election',
    changes: [
      inCore(
        'giving-up',
        "  endLease(turn, 'givenUp');\n",
        "  endLease(turn, 'givenUp');\n  store(turn, { frozen: turn.state.durable.frozen && { ...turn.state.durable.frozen, boundTerm: null } });\n  undoFreeze(turn);\n",
      ),
    ],
    caughtBy: ['kept words', 'winner has all', 'one primary'],
    stories: ['14', '16'],
    withinHistories: 20,
  },
  {
    name: 'unfreeze at start',
    changes: [
      inCore(
        'start',
        'if (frozen !== null && frozen.boundTerm === null && isSameLeader && term <= (leader?.term ?? noTerm)) {',
        'if (frozen !== null && (isSameLeader || term >= noTerm || leader === null)) {',
      ),
    ],
    caughtBy: ['kept words', 'winner has all', 'one primary'],
    stories: ['14', '15'],
    withinHistories: 20,
  },
  {
    name: 'skip the durable vote',
    changes: [
      inCore(
        'vote',
        '    vote: { term: request.term, candidate, confirms: null },\n    frozen,\n',
        '    frozen,\n',
      ),
      inCore('vote', '  store(turn, {\n    term: request.term,\n', '  store(turn, {\n'),
    ],
    caughtBy: ['stable terms', 'one winner a term'],
    stories: [],
    withinHistories: 200,
  },
  {
    name: 'ignore the lease',
    changes: [
      inCore(
        'lease',
        "return lease.kind === 'granted' && lease.holder !== candidate && lease.endsAt > now.monotonicMs;",
        'return lease.kind === "granted" && now.monotonicMs < 0 && lease.holder === candidate;',
      ),
    ],
    caughtBy: ['one primary', 'winner has all', 'needed only'],
    stories: ['50'],
    withinHistories: 20,
  },
  {
    name: "take the lease's length from the voter's own file while running",
    changes: [
      looksByItsOwnFile,
      inCore(
        'lease',
        'endsAt: later(turn.now, leaseMs)',
        'endsAt: later(turn.now, turn.state.settings.leaseMs)',
      ),
    ],
    caughtBy: ['kept words', 'one primary'],
    stories: ['03'],
    withinHistories: 20,
  },
  {
    name: "take the lease's length from the voter's own file after a restart",
    changes: [
      looksByItsOwnFile,
      inCore(
        'start',
        'const length = hasBooted ? Math.max(leaseMs, bounds.leaseAfterBootMs) : leaseMs;',
        'const length = turn.state.settings.leaseMs + (hasBooted ? leaseMs * 0 + bounds.leaseAfterBootMs * 0 : 0);',
      ),
    ],
    caughtBy: ['kept words', 'one primary'],
    stories: ['03'],
    withinHistories: 20,
  },
  {
    name: 'a vote that is no lease',
    changes: [inCore('vote', '  grantLease(turn, candidate, request.term, request.leaseMs);\n', '')],
    caughtBy: ['kept words', 'one primary', 'one winner a term', 'winner has all'],
    stories: ['06', '16'],
    withinHistories: 20,
  },
  {
    name: 'grant twice a term',
    changes: [
      inCore(
        'vote-refusals',
        'if (durable.vote?.term === request.term && durable.vote.candidate !== from) {',
        'if (durable.vote?.term === -1) {',
      ),
    ],
    caughtBy: ['one winner a term', 'stable terms'],
    stories: [],
    withinHistories: 1000,
  },
  {
    name: 'no lease after a restart',
    changes: [
      inCore('start', '  takeLeaseAsBegun(turn, hasBooted);\n', '  void takeLeaseAsBegun; void hasBooted;\n'),
    ],
    caughtBy: ['one primary', 'needed only'],
    stories: ['50'],
    withinHistories: 20,
  },
  {
    name: 'burn a term without a pre-vote quorum',
    changes: [inCore('election', '  if (!isEnough) {\n', '  if (!isEnough && turn.now < 0) {\n')],
    caughtBy: ['sparing terms'],
    stories: [],
    withinHistories: 200,
  },
];
