/** A leader whose repmgrd or server came back: whether it may go on, or has to be a standby (rule 9). */
import { askWhoLeads } from './ask-who-leads.ts';
import { bounds } from './bounds.ts';
import { contactEndsAt, contactMs, isInContact } from './contact.ts';
import { askServers, primaryAnswers } from './evidence.ts';
import type { Evidence } from './explanation.ts';
import { endTerm, fence, goDown, rest } from './fencing.ts';
import { nameOf } from './names.ts';
import type { Term } from './term.ts';
import { hasPostmaster, isWitness, isWritable } from './own-wal.ts';
import { endPause } from './pause.ts';
import { continuesPath, samePath, tipOf } from './position.ts';
import { isSmallSet, membersOf } from './quorum.ts';
import type { PeerAnswer } from './server-observation.ts';
import type { Leader } from './leader-state.ts';
import type { State } from './state.ts';
import { become, begin, explain, isRunning, later, never, store, type Turn } from './turn.ts';
import { serve } from './winning.ts';
import type { NodeId } from '../model/node.ts';

export function reactReturn(turn: Turn, leader: Leader): void {
  if (leader.stage === 'checking') {
    check(turn, leader);
  } else if (leader.stage === 'restarting') {
    if (isWritable(turn.state)) {
      resume(turn, leader);
    } else if (!isRunning(turn.state, 'restartInPlace') && turn.now - leader.since >= bounds.retryMs) {
      become(turn, { ...leader, stage: 'serving', since: turn.now });
    }
  }
}

/** Another repmgrd leads a higher term with a writable primary: this one must not be writable any more. */
export function loseToAnotherLeader(turn: Turn, node: NodeId, term: Term): void {
  loseTerm(turn, `${nameOf(turn.state, node)} is the primary by term ${term}`, { leader: node, term });
}

/** A voter keeps the record of a higher term, so that was won, whether its leader still lives or not. */
export function loseToWonTerm(turn: Turn, voter: NodeId, term: Term): void {
  loseTerm(turn, `${nameOf(turn.state, voter)} has the record of term ${term}, which another won`, {
    voter,
    term,
  });
}

function loseTerm(turn: Turn, reason: string, evidence: Evidence): void {
  const { role, server } = turn.state;
  if (role.kind !== 'leader') {
    return;
  }
  if (role.stage === 'checking' && !isWritable(turn.state)) {
    if (server !== null) {
      giveUpLeading(turn, role, reason);
    }
  } else if (server?.condition === 'crashed' || server?.condition === 'shutDown') {
    goDown(turn, 'fence', 'takeDown');
  } else {
    fence(turn, 4, reason, evidence);
  }
}

/** The term ends though nothing was fenced: its server is read-only, or down. */
export function giveUpLeading(turn: Turn, leader: Leader, reason: string): void {
  explain(turn, 9, 'giveUp', `does not go on as the leader of term ${leader.term}: ${reason}`, {
    term: leader.term,
  });
  const { server } = turn.state;
  /** `standby.signal` says nothing of a server that runs: a leader keeps it beside a primary, for the next start. */
  if (server === null || (hasPostmaster(server) && server.isInRecovery !== true)) {
    goDown(turn, 'fence', 'fence');
  } else if (server.condition === 'crashed') {
    /** Its orphans may still write. */
    goDown(turn, 'fence', 'takeDown');
  } else {
    endTerm(turn, leader.term, 'fence');
    rest(turn);
  }
}

/** The other servers answered: a writable one means that this node is the primary no more. */
export function onServersAnsweredLeader(
  turn: Turn,
  answers: readonly (readonly [NodeId, PeerAnswer])[],
): void {
  const { role } = turn.state;
  if (role.kind !== 'leader' || role.stage !== 'checking') {
    return;
  }
  if (primaryAnswers(turn.state, answers)) {
    giveUpLeading(turn, role, 'another node answers as a writable primary');
  } else {
    become(turn, { ...role, checkedServers: true });
  }
}

/** Restarting failed: it is judged anew. */
export function onRestartFailed(turn: Turn, reason: string): void {
  const { role } = turn.state;
  if (role.kind === 'leader' && role.stage === 'restarting') {
    explain(turn, 9, 'wait', `the restart in place failed: ${reason}`, { reason });
    become(turn, { ...role, stage: 'serving', since: later(turn.now, bounds.retryMs) });
  }
}

/** Until when its own memory, or that of others, lets it be writable; 0: not at all. */
function mayServeUntil(state: State, leader: Leader): number {
  const { record } = state.durable;
  if (record === null) {
    return 0;
  }
  const others = membersOf(record).filter((node) => node !== state.settings.self);
  const guarded = leader.guardContactUntil ?? 0;
  const hasWord = others.some((node) => isInContact(state, leader, node));
  if (hasWord) {
    return Math.max(guarded, contactEndsAt(state, leader, contactMs(state)));
  }
  if (guarded > state.now.monotonicMs) {
    return guarded;
  }
  const isSameBoot = state.bootId === leader.bootIdAtStart;
  const allLeadNothing = state.metadata.nodes.every(
    ({ id }) => id === state.settings.self || leader.leadNothing.includes(id),
  );
  if (state.settings.failoverQuorum === 'none') {
    const hasWaited = others.length === 0 || state.now.monotonicMs - leader.since >= 2 * bounds.retryMs;
    return hasWaited || allLeadNothing ? never : 0;
  }
  const ownWordCounts = isSmallSet(record);
  return ownWordCounts && (isSameBoot || allLeadNothing) ? never : 0;
}

function check(turn: Turn, leader: Leader): void {
  const { state } = turn;
  const { server, durable } = state;
  if (server === null || isWitness(state) || (leader.isPaused && !isWritable(state))) {
    return;
  }
  if (!isOnOwnLine(state)) {
    giveUpAnotherLine(turn, leader);
    return;
  }
  if (isWritable(state)) {
    if (leader.judgement === null) {
      goOnWritable(turn, leader);
    }
    return;
  }
  const isDown = server.condition === 'crashed' || server.condition === 'shutDown';
  if (isDown ? turn.now < leader.since : server.condition !== 'running') {
    return;
  }
  if (durable.leading?.promotionCalled === true && !durable.leading.isPromoted) {
    explain(
      turn,
      4,
      'promotionFailed',
      'repmgrd ended while a promotion was under way: it cannot be recalled',
      {},
    );
    goDown(turn, 'promotionFailed', 'fence');
    return;
  }
  const until = mayServeUntil(state, leader);
  if (until <= turn.now) {
    askWhoLeads(turn, leader);
    return;
  }
  if (!leader.checkedServers) {
    if (!isRunning(state, 'askServers')) {
      askServers(turn, []);
    }
    return;
  }
  restartInPlace(turn, leader, until);
}

/** Somebody else started its server writable. A set of one or two never meets the fence condition: this does instead. */
function goOnWritable(turn: Turn, leader: Leader): void {
  const { state } = turn;
  const { settings, lifeBegunAt } = state;
  const needsWord =
    !leader.isPaused && settings.failover === 'automatic' && settings.failoverQuorum === 'majority';
  if (!needsWord || mayServeUntil(state, leader) > turn.now) {
    resume(turn, leader);
  } else if (turn.now - lifeBegunAt < bounds.clockJumpJudgementMs) {
    askWhoLeads(turn, leader);
  } else {
    fence(turn, 9, 'its host booted, and nobody says that no other leads', { term: leader.term });
  }
}

export function restartInPlace(turn: Turn, leader: Leader, until: number): void {
  const { now } = turn.state;
  become(turn, { ...leader, stage: 'restarting', since: turn.now });
  const why = until >= never ? 'its own word is enough' : 'enough voters are in contact';
  explain(turn, 9, 'restartInPlace', `${why}: makes its PostgreSQL writable again`, { until });
  const left = Math.min(until - now.monotonicMs, never - now.bootTimeMs);
  begin(turn, 'restartInPlace', (id) => ({
    kind: 'restartInPlace',
    id,
    notAfter: later(now.monotonicMs, left),
    notAfterBootTimeMs: now.bootTimeMs + left,
  }));
}

/** A start takes the names of a hold away: where it is due still, it is begun again. */
function resume(turn: Turn, leader: Leader): void {
  const lastHeartbeatAt = 0 as Leader['lastHeartbeatAt'];
  become(turn, { ...leader, stage: 'serving', since: turn.now, isHolding: false, lastHeartbeatAt });
  explain(turn, 9, 'promotionDone', `goes on as the primary of term ${leader.term}`, { term: leader.term });
  serve(turn, leader.term);
  const { role, durable } = turn.state;
  if (
    role.kind === 'leader' &&
    !role.isPaused &&
    durable.record?.pause?.leader === turn.state.settings.self
  ) {
    endPause(turn, role, 'this node was away');
  }
}

/**
 * Its WAL ends on the timeline that it led on last; a promotion under way may have made the next one. What is writable
 * on another after a promotion was called was not promoted: a hand started it.
 */
function isOnOwnLine(state: State): boolean {
  const { durable, position } = state;
  const { ledOn, leading } = durable;
  if (position === null || leading === null) {
    return true;
  }
  if (isWritable(state) && leading.promotionCalled && !leading.isPromoted) {
    return tipOf(position.path)?.term === leading.term;
  }
  const goesOn = ledOn !== null && !leading.isPromoted && continuesPath(position.path, ledOn);
  return ledOn === null || samePath(position.path, ledOn) || goesOn;
}

function giveUpAnotherLine(turn: Turn, leader: Leader): void {
  explain(turn, 9, 'giveUp', 'its server is not on the timeline that it led on last', { term: leader.term });
  const { server, durable } = turn.state;
  if (server?.isInRecovery === true) {
    endTerm(turn, leader.term, 'fence');
  } else {
    /** No word is given: it is writable, and has to win a term for what a hand made. */
    store(turn, { leading: null, givenUp: Math.max(durable.givenUp, leader.term) as Term });
  }
  rest(turn);
}
