/** A leader's word that its PostgreSQL is *down*, or a candidate's that it gave its term up, as voters hear it. */
import type { NodeId } from '../model/node.ts';
import { bounds } from './bounds.ts';
import { candidacyOf } from './candidacy.ts';
import { beginFreeze, undoFreeze } from './evidence.ts';
import { canvass } from './election.ts';
import { endLease, leaderYielded } from './lease.ts';
import { isInMaintenance } from './maintenance.ts';
import type { TermGivenUp, Yield } from './messages.ts';
import { nameOf } from './names.ts';
import { closeTerms } from './open-terms.ts';
import { isWitness } from './own-wal.ts';
import { isPaused } from './pause.ts';
import { become, change, explain, later, send, store, type Turn } from './turn.ts';

/** It ends the leases of its node up to the term that it names, and none of a newer one. */
export function onYield(turn: Turn, from: NodeId, message: Yield): void {
  const { durable, lease } = turn.state;
  const { term, upToTerm } = message;
  if (durable.hasLostState) {
    return;
  }
  const hasTail = message.position !== null && message.reason !== 'fence';
  const known = durable.heardYields.find((it) => it.node === from);
  if (known === undefined || known.upToTerm < upToTerm) {
    const others = durable.heardYields.filter((it) => it.node !== from).slice(1 - bounds.heardYields);
    store(turn, { heardYields: [...others, { node: from, term, upToTerm, hasTail }] });
    explain(
      turn,
      8,
      'yield',
      `${nameOf(turn.state, from)} gave up term ${term}: its PostgreSQL is not writable`,
      {
        node: from,
        term,
        upToTerm,
      },
    );
  }
  closeTerms(
    turn,
    (open) =>
      open.candidate === from &&
      open.term <= upToTerm &&
      (open.term > term || (open.term === term && !message.promotionCalled)),
  );
  if (lease.kind === 'granted' && lease.holder === from && lease.term <= upToTerm) {
    endLease(turn, 'yield');
  }
  freezeEarly(turn, from);
  askAgain(turn, from);
  letSuccessorStand(turn, message);
  send(turn, from, { kind: 'yieldAcknowledged', term });
}

/** It is asked to vote in a moment, or stands: what that needs is begun already. Nothing streams from who is down. */
function freezeEarly(turn: Turn, from: NodeId): void {
  const { state } = turn;
  const { role, server, durable } = state;
  const isStandby = server?.condition === 'running' && server.isInRecovery === true;
  const upstream = server?.receiver?.upstream ?? from;
  if (
    durable.leader?.node === from &&
    leaderYielded(state) &&
    (role.kind === 'follower' || role.kind === 'canvassing') &&
    isStandby &&
    upstream === from &&
    durable.frozen === null &&
    !isWitness(state) &&
    !isPaused(state) &&
    !isInMaintenance(state)
  ) {
    beginFreeze(turn, from);
  }
}

/** Who yields answers, and has WAL to fetch: the pre-vote is asked again, so that it is waited for. */
function askAgain(turn: Turn, from: NodeId): void {
  const { role } = turn.state;
  if (role.kind === 'canvassing') {
    canvass(turn, role.isByOperator, role.hasWaited);
  } else if (role.kind === 'candidate' && role.answered !== null && !role.awaited.includes(from)) {
    become(turn, { ...role, awaited: [...role.awaited, from] });
  }
}

/**
 * A handover is meant for one of them, whom an operator named: the others wait, but not for ever, so that it ends by
 * itself.
 */
function letSuccessorStand(turn: Turn, { successor }: Yield): void {
  const { role, settings } = turn.state;
  if (role.kind !== 'follower' || successor === null) {
    return;
  }
  const isSuccessor = successor === settings.self;
  if (isSuccessor && candidacyOf(turn.state).kind === 'none') {
    canvass(turn, true, true);
    return;
  }
  const electionNotBefore = later(turn.now, isSuccessor ? 0 : bounds.successorPatienceMs);
  if (isSuccessor || role.electionNotBefore < electionNotBefore) {
    become(turn, { ...role, electionNotBefore, hasWaited: isSuccessor });
  }
}

export function onTermGivenUp(turn: Turn, from: NodeId, { term }: TermGivenUp): void {
  const { lease, consideration } = turn.state;
  closeTerms(turn, (open) => open.candidate === from && open.term === term);
  if (lease.kind === 'granted' && lease.holder === from && lease.term === term) {
    endLease(turn, 'givenUp');
  }
  if (consideration?.candidate === from && consideration.request.term <= term) {
    change(turn, { consideration: null });
    undoFreeze(turn);
  }
  const { role, durable, settings } = turn.state;
  const isYielder = durable.leader?.node === settings.self && leaderYielded(turn.state);
  const wasBehind = durable.frozen?.boundTerm === term && durable.vote?.term !== term;
  if (role.kind === 'follower' && (isYielder || wasBehind) && role.electionNotBefore > turn.now) {
    /** Whose WAL the others lack and did not fetch lets nobody go first any more. */
    const hasWaited = role.hasWaited || (isYielder && wasBehind);
    become(turn, { ...role, electionNotBefore: turn.now, hasWaited });
  }
}
