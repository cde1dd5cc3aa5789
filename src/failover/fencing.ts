/** Making this node's PostgreSQL *down*, and what follows from it: the term ends and everyone is told (rules 4, 5). */
import type { NodeId } from '../model/node.ts';
import { bounds } from './bounds.ts';
import type { OwnYield } from './durable.ts';
import type { ActionResult } from './events.ts';
import type { Evidence } from './explanation.ts';
import { release } from './hold.ts';
import { endLease, leaderYielded } from './lease.ts';
import type { Yield, YieldAcknowledged } from './messages.ts';
import { closeTerms } from './open-terms.ts';
import { learnLine, lookAtWal } from './own-wal.ts';
import { tipOf } from './position.ts';
import { isMember, membersOf } from './quorum.ts';
import type { Retiring, State } from './state.ts';
import type { Term } from './term.ts';
import { act, become, begin, change, explain, isRunning, later, send, store, type Turn } from './turn.ts';

/** Nothing stands before the kill; the term ends when PostgreSQL is *down*. */
export function fence(turn: Turn, rule: number, sentence: string, evidence: Evidence): void {
  explain(turn, rule, 'fence', sentence, evidence);
  act(turn, { kind: 'recordEvent', event: 'repmgrd_fence', isSuccessful: true, details: sentence });
  goDown(turn, 'fence', 'fence');
}

/** The same for what a crash, a stall or a failed promotion left. */
export function goDown(
  turn: Turn,
  reason: Retiring['reason'],
  by: 'fence' | 'takeDown' | 'shutDown',
  successor: NodeId | null = null,
): void {
  const { role } = turn.state;
  const term = role.kind === 'leader' ? role.term : null;
  become(turn, { kind: 'retiring', term, reason, successor, since: turn.now });
  change(turn, { consideration: null, running: [] });
  begin(turn, by, (id) => ({ kind: by, id }));
}

export function onDown(turn: Turn, result: Extract<ActionResult, { readonly kind: 'down' }>): void {
  const { role, settings } = turn.state;
  if (role.kind !== 'retiring') {
    return;
  }
  noteDown(turn);
  lookAtWal(turn, { ...result, endIsExact: true });
  if (role.term !== null) {
    endTerm(turn, role.term, role.reason, role.successor);
  }
  if (turn.state.mayHold) {
    release(turn);
  }
  if (role.reason === 'shutdown' || (role.reason === 'fence' && settings.fenceMode === 'stop')) {
    rest(turn);
    return;
  }
  rest(turn);
  change(turn, { wasEnded: true });
  if (role.reason === 'fence') {
    startAsStandby(turn);
  } else {
    change(turn, { startNotBefore: later(turn.now, bounds.restartPatienceMs) });
  }
}

/** Tried again after a while, where it does not come up. */
export function startAsStandby(turn: Turn): void {
  change(turn, { startNotBefore: later(turn.now, bounds.followAgainMs) });
  begin(turn, 'startAsStandby', (id) => ({ kind: 'startAsStandby', id }));
}

/** A server that was to start read-only after it was ended, and did not; an operator's shutdown is left alone. */
export function isLeftDown(state: State): boolean {
  const { durable, server, role, settings, startNotBefore, now } = state;
  const { yielded } = durable;
  const isToStart =
    yielded !== null &&
    yielded.reason !== 'shutdown' &&
    !(yielded.reason === 'fence' && settings.fenceMode === 'stop');
  const condition = server?.condition;
  /** Ended while it started, it still looks like one that was shut down. */
  const isDown =
    condition === 'crashed' ? isToStart || state.wasEnded : condition === 'shutDown' && state.wasEnded;
  return (
    role.kind === 'follower' &&
    isDown &&
    !isRunning(state, 'startAsStandby') &&
    !isRunning(state, 'rejoin') &&
    now.monotonicMs >= startNotBefore
  );
}

/** What was observed before is no longer so: nothing of the postmaster is left. */
export function noteDown(turn: Turn): void {
  const { server } = turn.state;
  if (server !== null && server.condition !== 'none') {
    change(turn, {
      server: {
        ...server,
        condition: 'crashed',
        postmaster: null,
        isInRecovery: null,
        receiver: null,
        attached: [],
      },
    });
  }
}

/** What is down is killed again until nothing is left; a server that does not start is tried again by its operator. */
export function reactRetiring(turn: Turn): void {
  if (
    !isRunning(turn.state, 'fence') &&
    !isRunning(turn.state, 'takeDown') &&
    !isRunning(turn.state, 'shutDown')
  ) {
    begin(turn, 'fence', (id) => ({ kind: 'fence', id }));
  }
}

/** The others stand first: they fetch what this node has, and its server may take long to recover. */
export function rest(turn: Turn): void {
  const { yielded } = turn.state.durable;
  const waits = leaderYielded(turn.state) && yielded !== null && yielded.reason !== 'fence';
  const electionNotBefore = later(turn.now, waits ? bounds.yielderPatienceMs : 0);
  become(turn, { kind: 'follower', electionNotBefore, hasWaited: false, unarmedSince: null });
}

/** The stored word that this node's PostgreSQL is not writable any more, and will not be by this term. */
export function endTerm(
  turn: Turn,
  term: Term,
  reason: OwnYield['reason'],
  successor: NodeId | null = null,
): void {
  const { durable, settings, position } = turn.state;
  const upToTerm = Math.max(term, durable.leading?.askedTerm ?? term) as Term;
  /** Its promotion may have ended unseen, and have let commits through. */
  if (position !== null && tipOf(position.path)?.term === term) {
    learnLine(turn, { term, path: position.path });
  }
  const untold =
    durable.record === null ? [] : membersOf(durable.record).filter((it) => it !== settings.self);
  store(turn, {
    leading: null,
    givenUp: Math.max(durable.givenUp, upToTerm) as Term,
    yielded: {
      term,
      upToTerm,
      promotionCalled: durable.leading?.promotionCalled ?? true,
      reason,
      successor,
      untold,
    },
  });
  if (durable.leading?.promotionCalled === false) {
    closeTerms(turn, (open) => open.term === term);
  }
  endLease(turn, 'yield');
  explain(turn, 7, 'yield', `this node gives up term ${term}: its PostgreSQL is not writable`, {
    term,
    upToTerm,
    reason,
  });
  tellYield(turn);
}

/** Repeated until each voter has answered. */
export function reactYield(turn: Turn): void {
  const { durable, settings, yieldSentAt } = turn.state;
  if (durable.yielded !== null && durable.yielded.untold.length > 0) {
    if (turn.now - yieldSentAt >= settings.heartbeatIntervalMs) {
      tellYield(turn);
    }
  }
}

export function onYieldAcknowledged(turn: Turn, from: NodeId, { term }: YieldAcknowledged): void {
  const { yielded } = turn.state.durable;
  if (yielded !== null && yielded.term === term && yielded.untold.includes(from)) {
    store(turn, { yielded: { ...yielded, untold: yielded.untold.filter((it) => it !== from) } });
  }
}

function tellYield(turn: Turn): void {
  const { durable, position } = turn.state;
  const { yielded, record } = durable;
  change(turn, { yieldSentAt: turn.now });
  if (yielded === null) {
    return;
  }
  const { term, upToTerm, reason, promotionCalled, successor } = yielded;
  const message: Yield = { kind: 'yield', term, upToTerm, reason, promotionCalled, position, successor };
  for (const node of yielded.untold) {
    if (record !== null && isMember(record, node)) {
      send(turn, node, message);
    }
  }
}
