/** The state of a repmgrd before its first event, `started`. */
import type { Durable } from './durable.ts';
import type { MonotonicMs } from './instant.ts';
import type { Settings } from './settings.ts';
import type { State } from './state.ts';
import { noTerm } from './term.ts';

/** What a node knows that has no state file yet. */
export const emptyDurable: Durable = {
  format: 1,
  term: noTerm,
  vote: null,
  leader: null,
  line: null,
  leading: null,
  yielded: null,
  heardYields: [],
  givenUp: noTerm,
  record: null,
  leaseMs: 0,
  timelines: [],
  ledOn: null,
  bootId: '',
  frozen: null,
  operatorNames: '',
  replacedRestartAfterCrash: null,
  isInMaintenance: false,
  pauseEndsAtBootMs: null,
  hasLostState: false,
  hasStrayed: false,
  isRejoining: false,
};

const start = 0 as MonotonicMs;

export function initialState(settings: Settings): State {
  return {
    settings,
    metadata: { nodes: settings.nodes, primary: null, namesTerm: null },
    incarnation: '',
    lifeBegunAt: start,
    bootId: '',
    now: { monotonicMs: start, bootTimeMs: 0, wallMs: 0 },
    durable: emptyDurable,
    isStored: true,
    server: null,
    position: null,
    mayHold: false,
    releasedAt: start,
    lease: { kind: 'ended', by: 'never' },
    look: null,
    role: { kind: 'follower', electionNotBefore: start, hasWaited: false, unarmedSince: null },
    consideration: null,
    following: null,
    running: [],
    nextActionId: 1,
    timerAt: null,
    statusRound: 0,
    statusAskedAt: start,
    highestTermHeard: noTerm,
    leaderFlushedLsn: null,
    yieldSentAt: start,
    startedAt: start,
    nextClaimAt: start,
    lastPromotionFailed: false,
    leaderHeardAt: null,
    pauseKnownAt: null,
    unfetchable: [],
    startingSince: [],
  };
}
