/** A server that is writable though its repmgrd leads no term: the first start of all, or a promotion by hand (rules 0, 4, 12). */
import type { NodeId } from '../model/node.ts';
import { bounds } from './bounds.ts';
import { mayBootstrap } from './bootstrap.ts';
import { standAsWritable } from './candidate.ts';
import type { Evidence } from './explanation.ts';
import { fence } from './fencing.ts';
import { isYieldedBy } from './lease.ts';
import { nameOf } from './names.ts';
import { isUnadopted, noteStray } from './branch.ts';
import { isDiverged, isWritable } from './own-wal.ts';
import { isPaused } from './pause.ts';
import { firstRecord } from './first-record.ts';
import type { Follower, State } from './state.ts';
import { firstTerm, noTerm } from './term.ts';
import type { VoterRecord } from './voter-record.ts';
import { become, change, explain, later, send, store, type Turn } from './turn.ts';

export function reactUnarmed(turn: Turn, role: Follower): void {
  if (!isWritable(turn.state)) {
    if (role.unarmedSince !== null) {
      become(turn, { ...role, unarmedSince: null });
    }
    return;
  }
  const since = role.unarmedSince ?? turn.now;
  if (role.unarmedSince === null) {
    become(turn, { ...role, unarmedSince: since });
    explain(turn, 12, 'wait', 'its server is writable though it leads no term', {});
  }
  const isFirstTermOver = turn.state.highestTermHeard > firstTerm;
  if (mayBootstrap(turn.state) && !isFirstTermOver) {
    if (turn.now < turn.state.nextClaimAt) {
      return;
    }
    change(turn, { nextClaimAt: later(turn.now, bounds.claimPauseMs) });
    explain(turn, 0, 'bootstrap', 'the recorded primary asks for the first term', {});
    standAsWritable(turn, 'bootstrap', firstRecord(turn.state.metadata.nodes));
  } else if (wasEverLed(turn.state)) {
    noteStray(turn);
    reactAmongVoters(turn, since);
  } else if (mayBootstrap(turn.state)) {
    claim(turn, turn.state.durable.record ?? firstRecord(turn.state.metadata.nodes));
  } else if (turn.state.durable.hasLostState && turn.now >= role.electionNotBefore) {
    askForRecord(turn, role, since);
  }
}

function reactAmongVoters(turn: Turn, since: number): void {
  const { state } = turn;
  const { durable, settings, position } = state;
  const isOnBranch = position !== null && isUnadopted(position);
  /** A promotion by hand may be what the pause is for; a former primary that was started is not. */
  if (isOnBranch && isPaused(state)) {
    return;
  }
  const leader = otherLeader(state);
  if (leader !== null) {
    /** It could not know on whose timeline it wrote: on another's. */
    if (durable.hasLostState && !durable.hasStrayed) {
      store(turn, { hasStrayed: true });
    }
    fenceUnarmed(turn, `its server is writable, but ${nameOf(state, leader)} is the primary by a term`, {
      leader,
    });
    return;
  }
  /** What the others' line has left behind no quorum will ever take for a primary's. */
  const isByHand = isOnBranch && !isDiverged(state);
  if (
    turn.now - since >= leaseMsOf(state) &&
    !isByHand &&
    settings.failover !== 'manual' &&
    !isPaused(state)
  ) {
    fenceUnarmed(turn, 'its server is writable, but no quorum would let it lead', { since });
  } else if (durable.record !== null && !durable.hasStrayed && !isPaused(state)) {
    claim(turn, durable.record);
  }
}

/** Who lost its state file and could win no term has written nobody knows what, under the numbers of another. */
function fenceUnarmed(turn: Turn, sentence: string, evidence: Evidence): void {
  if (turn.state.durable.hasLostState) {
    store(turn, { hasStrayed: true });
  }
  fence(turn, 4, sentence, evidence);
}

/** Asks to lead a term above all that it heard of, with the WAL that it has. */
function claim(turn: Turn, record: VoterRecord): void {
  const { durable, nextClaimAt, position } = turn.state;
  if (turn.now >= nextClaimAt) {
    change(turn, { nextClaimAt: later(turn.now, bounds.claimPauseMs * (1 + turn.random)) });
    if (durable.hasLostState || (position !== null && isUnadopted(position))) {
      askWhoLed(turn);
    }
    standAsWritable(turn, 'writable', record);
  }
}

/** Somebody led a term, so that a first one is no longer to be won. */
function wasEverLed({ durable: { record, leader } }: State): boolean {
  return record !== null && (leader !== null || record.version.term > noTerm);
}

/** Another node that leads: heard just now, about to be writable or not, or as the primary in a life before. */
function otherLeader(state: State): NodeId | null {
  const { leader } = state.durable;
  const isOther = leader !== null && leader.node !== state.settings.self;
  if (!isOther || isYieldedBy(state, leader.node, leader.term)) {
    return null;
  }
  /** What was heard in a life before counts, but against a branch that a hand made after it. */
  const { leaderHeardAt, now, position } = state;
  const isHeard = leaderHeardAt !== null && now.monotonicMs - leaderHeardAt < leaseMsOf(state);
  const isByHand = position !== null && isUnadopted(position);
  return isHeard || (leader.isWritable && !isByHand) ? leader.node : null;
}

function leaseMsOf({ durable, settings }: State): number {
  return durable.leaseMs === 0 ? settings.leaseMs : durable.leaseMs;
}

/** It lost its state file: the others know the record, and whether it led. */
function askForRecord(turn: Turn, role: Follower, since: Follower['unarmedSince']): void {
  become(turn, { ...role, unarmedSince: since, electionNotBefore: later(turn.now, bounds.retryMs) });
  askWhoLed(turn);
}

function askWhoLed(turn: Turn): void {
  const { state } = turn;
  const round = state.statusRound + 1;
  change(turn, { statusRound: round });
  for (const { id } of state.metadata.nodes) {
    if (id !== state.settings.self) {
      send(turn, id, { kind: 'statusRequest', round, highestTerm: state.durable.term, record: null });
    }
  }
}
