/** The leader's own PostgreSQL is in trouble: a crash, a stall, a shutdown; yield, restart in place, or wait (rule 7). */
import { contactOf, isInContact } from './contact.ts';
import type { OwnYield } from './durable.ts';
import type { ActionResult } from './events.ts';
import { endTerm, goDown, noteDown, rest } from './fencing.ts';
import { isWritable, lookAtWal } from './own-wal.ts';
import { isQuorum, membersOf } from './quorum.ts';
import type { Leader } from './leader-state.ts';
import type { State } from './state.ts';
import { act, become, begin, explain, type Turn } from './turn.ts';

export function reactTrouble(turn: Turn, leader: Leader): void {
  const { state, now } = turn;
  const { server, settings } = state;
  const isComingBack = leader.stage === 'checking' || leader.stage === 'restarting';
  if ((leader.stage !== 'serving' && !isComingBack) || server === null) {
    return;
  }
  if (isWritable(state) && server.condition === 'running') {
    if (leader.downSince !== null) {
      become(turn, { ...leader, downSince: null });
    }
    return;
  }
  if (settings.failover === 'manual' || leader.isPaused) {
    leaveToOperator(turn, leader);
    return;
  }
  if (now < leader.since) {
    return;
  }
  if (isComingBack) {
    /** While it recovers its heartbeats keep the others from standing. One that ran all the time may serve its clients. */
    const isStart = leader.stage === 'restarting' || state.bootId !== leader.bootIdAtStart;
    if (isStart && server.condition === 'hanging') {
      onStall(turn, leader, 'hanging');
    }
    return;
  }
  switch (server.condition) {
    case 'crashed':
      onCrash(turn, leader);
      break;
    case 'shutDown':
      onShutDown(turn, leader);
      break;
    case 'stalled':
    case 'hanging':
      onStall(turn, leader, server.condition);
      break;
    case 'running':
      if (server.isInRecovery === true) {
        checkAgain(turn, leader);
      }
      break;
    case 'starting':
    case 'shuttingDown':
    case 'none':
      break;
    default:
      break;
  }
}

/** That it is down is said once. */
function leaveToOperator(turn: Turn, leader: Leader): void {
  const { server } = turn.state;
  const isDown = server?.condition === 'crashed' || server?.condition === 'shutDown';
  if (!isDown || leader.downSince !== null) {
    return;
  }
  become(turn, { ...leader, downSince: turn.now });
  const what = server.condition === 'crashed' ? 'its PostgreSQL crashed' : 'its PostgreSQL was shut down';
  const why = leader.isPaused ? 'the pause of failover' : 'failover=manual';
  explain(turn, 7, 'wait', `${what}, and ${why} leaves it to an operator`, { term: leader.term });
}

/** What is left of the postmaster is down now: this node yields, or it goes on in place. */
export function onTroubleDown(turn: Turn, result: Extract<ActionResult, { readonly kind: 'down' }>): void {
  const { role } = turn.state;
  if (role.kind !== 'leader' || role.stage !== 'goingDown') {
    return;
  }
  noteDown(turn);
  lookAtWal(turn, { ...result, endIsExact: true });
  checkAgain(turn, { ...role, since: turn.now });
}

/** When a clean shutdown has lasted long enough, if nobody starts it again. */
export function graceEndsAt({ settings }: State, leader: Leader): number {
  return leader.downSince === null ? Number.MAX_SAFE_INTEGER : leader.downSince + settings.shutdownGraceMs;
}

function onCrash(turn: Turn, leader: Leader): void {
  const obstacle = obstacleToYield(turn.state, leader);
  if (obstacle === null) {
    explain(turn, 7, 'yield', 'its PostgreSQL crashed: yields to a standby', { term: leader.term });
    goDown(turn, 'crash', 'takeDown');
  } else {
    const sentence = `its PostgreSQL crashed, and ${obstacle}: restarts in place`;
    explain(turn, 7, 'restartInPlace', sentence, { term: leader.term });
    if (isLimited(turn.state)) {
      const event = 'repmgrd_failover_blocked';
      act(turn, { kind: 'recordEvent', event, isSuccessful: false, details: sentence });
    }
    become(turn, { ...leader, stage: 'goingDown' });
    begin(turn, 'takeDown', (id) => ({ kind: 'takeDown', id }));
  }
}

/** An operator or a package upgrade: it may come back by itself. */
function onShutDown(turn: Turn, leader: Leader): void {
  const downSince = leader.downSince ?? turn.now;
  if (leader.downSince === null) {
    explain(turn, 7, 'wait', 'its PostgreSQL was shut down: waits for its return', {
      graceMs: turn.state.settings.shutdownGraceMs,
    });
    become(turn, { ...leader, downSince });
  }
  if (
    turn.now >= downSince + turn.state.settings.shutdownGraceMs &&
    obstacleToYield(turn.state, leader) === null
  ) {
    endTerm(turn, leader.term, 'shutdown');
    rest(turn);
  }
}

function onStall(turn: Turn, leader: Leader, condition: 'stalled' | 'hanging'): void {
  if (obstacleToYield(turn.state, leader) === null) {
    explain(turn, 7, 'yield', `its PostgreSQL is ${condition}: yields to a standby`, { term: leader.term });
    const reason: OwnYield['reason'] = 'stall';
    goDown(turn, reason, 'takeDown');
  }
}

/** It is judged as after a start of repmgrd, but with the contact that it remembers. */
function checkAgain(turn: Turn, leader: Leader): void {
  become(turn, { ...leader, stage: 'checking', checkedServers: false, downSince: null });
}

/** The yield condition: a quorum is in contact, and among it somebody who can take over without losing much. */
function obstacleToYield(state: State, leader: Leader): string | null {
  const { durable, settings, position } = state;
  const { record } = durable;
  if (record === null || !isQuorum(record, (node) => isInContact(state, leader, node))) {
    return 'too few voters are in contact';
  }
  if (isLimited(state)) {
    return 'there were as many failovers lately as failover_limit allows';
  }
  const canTakeOver = membersOf(record).some((node) => {
    const contact = contactOf(leader, node);
    const lag = (position?.lsn ?? 0) - (contact.position?.lsn ?? 0);
    const isNear = settings.walTailTimeoutMs > 0 || lag <= settings.failoverMaxLagBytes;
    return node !== settings.self && contact.isCandidate && isInContact(state, leader, node) && isNear;
  });
  return canTakeOver ? null : 'no standby could take over';
}

/** Too many automatic failovers in a row: crashes are only restarted in place. */
function isLimited({ durable, settings, now }: State): boolean {
  const { failoverLimit, failoverLimitMs } = settings;
  const recent =
    durable.record?.failovers.filter(({ wallMs }) => now.wallMs - wallMs < failoverLimitMs) ?? [];
  return failoverLimit > 0 && recent.length >= failoverLimit;
}
