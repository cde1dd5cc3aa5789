/** What must be proven before a vote: the freeze, the servers' answers, and that WAL stood still for a lease (rule 3). */
import type { NodeId } from '../model/node.ts';
import { bounds } from './bounds.ts';
import { leaderYielded } from './lease.ts';
import type { Refusal, VoteRequest } from './messages.ts';
import { isDiverged, isWitness } from './own-wal.ts';
import type { Position } from './position.ts';
import type { PeerAnswer } from './server-observation.ts';
import type { State } from './state.ts';
import { abandon, begin, change, explain, isRunning, store, type Turn } from './turn.ts';

interface Evidence {
  /** Where the WAL ended once the freeze was proven. */
  readonly frozenAt: Position | null;
  readonly answers: readonly (readonly [NodeId, PeerAnswer])[] | null;
}

/** What the freeze replaces is stored before, for the leader that it is good for; it goes on when a vote before it had begun one. */
export function beginFreeze(turn: Turn, leader: NodeId | null): void {
  const { durable, server } = turn.state;
  if (durable.frozen === null) {
    store(turn, {
      frozen: {
        primaryConninfo: server?.primaryConninfo ?? '',
        leader,
        boundTerm: null,
      },
    });
  }
  if (!isRunning(turn.state, 'freeze')) {
    begin(turn, 'freeze', (id) => ({ kind: 'freeze', id }));
  }
}

export function askServers(turn: Turn, except: readonly NodeId[]): void {
  const { metadata, settings } = turn.state;
  const nodes = metadata.nodes
    .filter(({ id, isWitness: hasNoData }) => id !== settings.self && !hasNoData && !except.includes(id))
    .map(({ id }) => id);
  change(turn, { question: except.length === 0 ? { askedAt: turn.now, answers: null } : null });
  begin(turn, 'askServers', (id) => ({ kind: 'askServers', id, nodes, withinMs: bounds.serverAnswerMs }));
}

export function isSettled(state: State, isElection: boolean, { frozenAt, answers }: Evidence): boolean {
  const needsFreeze = isElection && !isWitness(state);
  const needsAnswers = !(isElection && leaderYielded(state));
  return (!needsFreeze || frozenAt !== null) && (!needsAnswers || answers !== null);
}

/** After a yield of the newest leader neither the question nor the second look is needed; the freeze is. */
export function refusalByLooks(state: State, evidence: Evidence, isElection: boolean): Refusal | null {
  if (isElection && leaderYielded(state)) {
    return null;
  }
  if (evidence.answers === null || primaryAnswers(state, evidence.answers)) {
    return 'primaryAnswers';
  }
  return isElection && !isWitness(state) ? secondLook(state) : null;
}

/** Two looks, a lease apart: if the WAL moved between them the primary lives. */
function secondLook(state: State): Refusal | null {
  if (state.look === null) {
    return 'noOlderLook';
  }
  return stillnessLeftMs(state) === 0 ? null : 'walMoved';
}

/** Who says so may vote when its lease has ended, or its WAL has stood still for long enough. */
export function passesByItself(refusal: Refusal | null): boolean {
  return refusal === 'leaseInForce' || refusal === 'walMoved';
}

/** For how long this node's WAL has to stand still yet before it votes; 0 where that is not needed. */
export function stillnessLeftMs(state: State): number {
  const { look, now, durable, settings } = state;
  if (look === null || isWitness(state) || leaderYielded(state)) {
    return 0;
  }
  const leaseMs = durable.leaseMs === 0 ? settings.leaseMs : durable.leaseMs;
  return Math.max(0, look.since + leaseMs - now.monotonicMs);
}

/** An error of a living server counts only for who may be the primary; "starting up" only for a lease's time. */
export function primaryAnswers(state: State, answers: readonly (readonly [NodeId, PeerAnswer])[]): boolean {
  const { durable, metadata, now, startingSince, settings } = state;
  const suspected = durable.leader?.node ?? metadata.primary;
  const leaseMs = durable.leaseMs === 0 ? settings.leaseMs : durable.leaseMs;
  return answers.some(([node, answer]) => {
    if (answer === 'writable') {
      return true;
    }
    if (node !== suspected || node === settings.self) {
      return false;
    }
    const since = startingSince.find(([id]) => id === node)?.[1] ?? now.monotonicMs;
    return answer === 'alive' || (answer === 'starting' && now.monotonicMs - since < leaseMs);
  });
}

/** A freeze that no answer rests on, and that nothing gives back yet; never into diverged WAL. */
function looseFreeze(state: State): State['durable']['frozen'] {
  const { frozen } = state.durable;
  const isLoose = frozen?.boundTerm === null && !isDiverged(state) && !isRunning(state, 'unfreeze');
  return isLoose ? frozen : null;
}

/** Where the primary lives, replication goes on at once. */
export function undoFreeze(turn: Turn): void {
  const frozen = looseFreeze(turn.state);
  if (frozen !== null) {
    abandon(turn, 'freeze');
    begin(turn, 'unfreeze', (id) => ({ kind: 'unfreeze', id, primaryConninfo: frozen.primaryConninfo }));
  }
}

/** A loose freeze ends with the first heartbeat that is acknowledged again. */
export function thaw(turn: Turn): void {
  const { durable, consideration } = turn.state;
  const frozen = looseFreeze(turn.state);
  if (frozen !== null && frozen.leader === (durable.leader?.node ?? null) && consideration === null) {
    explain(turn, 3, 'unfreeze', 'the primary is heard of again: replication goes on', {});
    undoFreeze(turn);
  }
}

/** A confirmation, a bootstrap and a candidate that is writable itself need no freeze. */
export function isElectionPurpose(purpose: VoteRequest['purpose']): boolean {
  return purpose === 'election';
}

/** Remembers since when a server has been starting up without a break. */
export function noteStarting(turn: Turn, answers: readonly (readonly [NodeId, PeerAnswer])[]): void {
  const before = turn.state.startingSince;
  const startingSince = answers
    .filter(([, answer]) => answer === 'starting')
    .map(([node]) => before.find(([id]) => id === node) ?? ([node, turn.now] as const));
  if (startingSince.length > 0 || before.length > 0) {
    change(turn, { startingSince });
  }
}
