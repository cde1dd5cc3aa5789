/** Mutants of the first term, of contact, hold and fence, and of coming back. */
import { inCore, inDriver, type Mutant } from './mutant.ts';

/** A server that is being restarted is fenced as a serving one is; without that, no rule about the restart shows. */
const notFencedWhileRestarting = inCore(
  'leader',
  "(leader.stage !== 'promoting' && leader.stage !== 'restarting' && !isWritable(state));",
  "(leader.stage !== 'promoting' && !isWritable(state));",
);

export const contact: readonly Mutant[] = [
  {
    name: 'term 1 on answers instead of stored votes',
    changes: [
      inCore(
        'vote',
        '  store(turn, {\n    term: request.term,\n    vote: { term: request.term, candidate, confirms: null },\n',
        "  store(turn, request.purpose === 'bootstrap' ? {} : {\n    term: request.term,\n    vote: { term: request.term, candidate, confirms: null },\n",
      ),
    ],
    caughtBy: ['stable terms', 'one winner a term'],
    stories: ['01'],
    withinHistories: 20,
  },
  {
    name: 'a dead term-1 state file that leads',
    changes: [
      notFencedWhileRestarting,
      inCore(
        'return',
        'return ownWordCounts && (isSameBoot || allLeadNothing) ? never : 0;',
        'return never;',
      ),
    ],
    caughtBy: ['one primary'],
    stories: ['11'],
    withinHistories: 20,
  },
  {
    name: 'count heartbeats by acknowledgement instead of sending time',
    changes: [
      inCore('leader', 'sentAt: known !== null && known > sentAt ? known : sentAt,', 'sentAt: turn.now,'),
    ],
    caughtBy: ['one primary'],
    stories: ['04'],
    withinHistories: 20,
  },
  {
    name: 'count answers to what was sent before a suspension',
    changes: [inCore('leader', 'if (sentAt < role.timeLostAt) {', 'if (sentAt < 0) {')],
    caughtBy: ['one primary'],
    stories: ['05'],
    withinHistories: 20,
  },
  {
    name: 'count a vote whose lease has ended',
    changes: [
      inCore(
        'contact',
        'return sentAt + contactMs(state) > state.now.monotonicMs;',
        'return sentAt + contactMs(state) > -1;',
      ),
      // It asks for as long as it takes, or the bound of a candidacy would hide it.
      inCore('bounds', 'candidacyMs: 3_000,', 'candidacyMs: 60_000,'),
    ],
    caughtBy: ['kept words', 'one primary', 'one winner a term'],
    stories: ['16'],
    withinHistories: 20,
  },
  {
    name: 'a late yield that ends a newer lease',
    changes: [inCore('yield', 'lease.holder === from && lease.term <= upToTerm', 'lease.holder === from')],
    caughtBy: ['one primary', 'needed only'],
    stories: ['17'],
    withinHistories: 20,
  },
  {
    name: 'fence while unarmed',
    changes: [inCore('unarmed', '    !isByHand &&\n', '    (!isByHand || true) &&\n')],
    caughtBy: ['the story', 'convergence'],
    stories: ['32'],
    withinHistories: 20,
  },
  {
    name: 'leave the hold behind',
    changes: [
      inCore(
        'hold',
        "if (isDue && !isHolding && role.kind !== 'retiring'",
        "if (isDue && releaseNotBefore < 0 && !isHolding && role.kind !== 'retiring'",
      ),
    ],
    caughtBy: ['convergence'],
    stories: ['26'],
    withinHistories: 1000,
  },
  {
    name: "hold on a quorum's contact instead of the fence condition",
    changes: [inCore('quorum', 'set.length - quorumOf(set.length));', 'quorumOf(set.length) - 1);')],
    caughtBy: ['needed only', 'the story'],
    stories: ['41'],
    withinHistories: 20,
  },
  {
    name: 'promote after the contact has ended',
    changes: [
      inDriver(
        'server-effects',
        'return now.monotonicMs <= deadline.notAfter && now.bootTimeMs <= deadline.notAfterBootTimeMs;',
        'return now.monotonicMs <= deadline.notAfter + 1e12;',
      ),
      // The kill that the core has begun meanwhile would end the call as well.
      inDriver('server-effects', 'daemon.downs !== downs || !server.promote()', '!server.promote()'),
    ],
    caughtBy: ['needed only', 'one primary'],
    stories: ['06'],
    withinHistories: 20,
  },
  {
    name: 'restart in place without contact',
    changes: [notFencedWhileRestarting],
    caughtBy: ['one primary'],
    stories: ['51'],
    withinHistories: 20,
  },
  {
    name: 'make the old primary writable on a read instead of a lease',
    changes: [
      notFencedWhileRestarting,
      inCore(
        'return',
        '  const until = mayServeUntil(state, leader);\n',
        '  const until = Math.max(mayServeUntil(state, leader), never);\n',
      ),
    ],
    caughtBy: ['one primary'],
    stories: ['11'],
    withinHistories: 20,
  },
  {
    name: 'the guard asks at the deadline instead of before it',
    changes: [
      inDriver('guard', 'const askBeforeMs = 300;', 'const askBeforeMs = 0;'),
      inDriver('guard', 'const askMs = 250;', 'const askMs = 3_000;'),
    ],
    caughtBy: ['one primary'],
    stories: ['54'],
    withinHistories: 20,
  },
  {
    name: 'a confirmation that ends the older heartbeats',
    changes: [inCore('heartbeat', '    vote.confirms !== null &&\n', '    vote.confirms === -1 &&\n')],
    caughtBy: ['needed only', 'convergence', 'the story'],
    stories: ['29'],
    withinHistories: 20,
  },
];
