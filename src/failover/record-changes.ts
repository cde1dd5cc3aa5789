/** Changes of the record: one at a time, each in force when a quorum of the old and of the new set stored it (rule 10). */
import type { NodeId } from '../model/node.ts';
import { contactOf, isInContact } from './contact.ts';
import { answerRequest } from './request-answers.ts';
import { wantedChange, withNode, withoutNode } from './membership.ts';
import { namesOf } from './names.ts';
import { endPause, pauseOf, reactPause } from './pause.ts';
import { publish } from './record-version.ts';
import { compareVersions, quorumOf } from './quorum.ts';
import type { Leader, PendingRequest } from './leader-state.ts';
import type { State } from './state.ts';
import { isSynchronous, wantedQuorum } from './synchronous-wish.ts';
import { become, explain, type Turn } from './turn.ts';
import type { VoterRecord } from './voter-record.ts';

export function reactRecord(turn: Turn, leader: Leader): void {
  const { record } = turn.state.durable;
  if (record === null || leader.stage !== 'serving') {
    return;
  }
  if (!isInForce(turn.state, leader, record)) {
    if (!leaveOther(turn, leader, record)) {
      replaceStuck(turn, leader, record);
    }
    return;
  }
  if (record.replacedVoters !== null) {
    explain(turn, 10, 'recordInForce', `the voters are ${namesOf(turn.state, record.voters)}`, {
      voters: record.voters,
    });
    publish(turn, { ...leader, inheritedVoters: null }, { ...record, replacedVoters: null });
    return;
  }
  settle(turn, leader);
  const settled = turn.state.role;
  if (settled.kind === 'leader' && settled.confirmation === null) {
    beginNext(turn, settled, record);
  }
}

/** A quorum of every set that it concerns has stored it. */
export function isInForce(state: State, leader: Leader, record: VoterRecord): boolean {
  const { self } = state.settings;
  const hasStored = (node: NodeId) => {
    const { storedRecord } = contactOf(leader, node);
    return node === self || (storedRecord !== null && compareVersions(storedRecord, record.version) >= 0);
  };
  return setsConcerned(record, leader, self).every(
    (set) => set.filter(hasStored).length >= quorumOf(set.length),
  );
}

/** From a set of two a leader forgets the other on its own word: the other could not have won without it. */
function setsConcerned(
  { voters, replacedVoters }: VoterRecord,
  { inheritedVoters }: Leader,
  self: NodeId,
): readonly (readonly NodeId[])[] {
  const isOwnWord =
    replacedVoters !== null && replacedVoters.length === 2 && voters.length === 1 && voters.includes(self);
  const old = replacedVoters === null || isOwnWord ? [] : [replacedVoters];
  return [voters, ...old, ...(inheritedVoters === null ? [] : [inheritedVoters])];
}

/**
 * The other of two lost its state, or is silent for too long, and this leader has started since: nobody else can tell
 * it that the record is in force. Whoever knows any record of these two needs this node's vote.
 */
function leaveOther(turn: Turn, leader: Leader, record: VoterRecord): boolean {
  const { self } = turn.state.settings;
  const isOfTwo = record.replacedVoters === null && record.voters.length === 2;
  const part = isOfTwo && leader.inheritedVoters === null ? wantedChange(turn.state, leader) : undefined;
  if (part?.voters?.length !== 1 || !part.voters.includes(self) || leader.confirmation !== null) {
    return false;
  }
  beginChange(turn, leader, record, { ...record, ...part, replacedVoters: record.voters });
  return true;
}

/** A change that gets no quorum may be replaced by another of the same old set, or by none at all. */
function replaceStuck(turn: Turn, leader: Leader, record: VoterRecord): void {
  const { replacedVoters } = record;
  const { settings } = turn.state;
  if (replacedVoters === null || turn.now - leader.recordSentAt < 2 * settings.leaseMs) {
    return;
  }
  const added = record.voters.find((node) => !replacedVoters.includes(node));
  const joiner = leader.joiners.find(({ node }) => node === added);
  const isNewLife = joiner !== undefined && joiner.incarnation !== record.joining?.incarnation;
  const base: VoterRecord = { ...record, voters: replacedVoters, replacedVoters: null };
  const forgotten = wantedChange(
    { ...turn.state, durable: { ...turn.state.durable, record: base } },
    { ...leader, joiners: [] },
  );
  const part = isNewLife ? withNode(base, joiner) : (forgotten ?? { voters: replacedVoters });
  explain(turn, 10, 'changeRecord', 'a change of the voters gets no quorum: replaces it', {
    voters: part.voters ?? replacedVoters,
  });
  publish(turn, leader, { ...record, ...part });
}

/** What came with the record that is in force now: the operator is told, a pause begins or has ended. */
function settle(turn: Turn, leader: Leader): void {
  if (leader.openRequest !== null) {
    answerRequest(turn, leader.openRequest, true, 'in force');
    become(turn, { ...leader, openRequest: null });
  }
  const { role } = turn.state;
  if (role.kind === 'leader') {
    reactPause(turn, role);
  }
}

function beginNext(turn: Turn, leader: Leader, record: VoterRecord): void {
  const { state } = turn;
  const [next, ...requests] = leader.requests;
  if (next !== undefined && isNamedYet(turn, leader, record, next)) {
    return;
  }
  if (next?.request.kind === 'unpause' && record.pause !== null) {
    endPause(turn, { ...leader, requests, openRequest: next }, 'an operator ends it');
    return;
  }
  const part = next === undefined ? wantedChange(state, leader) : requestedChange(state, record, next);
  if (part === undefined) {
    if (next !== undefined) {
      answerRequest(turn, next, true, 'nothing to change');
      become(turn, { ...leader, requests });
    }
    return;
  }
  const changed = { ...record, ...part };
  const isOfSet = part.voters !== undefined;
  const pending = isOfSet ? { ...changed, replacedVoters: record.voters } : changed;
  if (!hasContact(state, leader, pending)) {
    return;
  }
  beginChange(turn, { ...leader, requests, openRequest: next ?? null }, record, pending);
}

function beginChange(turn: Turn, leader: Leader, record: VoterRecord, pending: VoterRecord): void {
  explain(turn, 10, 'changeRecord', changeInWords(turn.state, record, pending), { voters: pending.voters });
  publish(turn, leader, pending);
}

/** Who leaves is no synchronous standby any more before; where it is needed as one it cannot leave. */
function isNamedYet(turn: Turn, leader: Leader, record: VoterRecord, pending: PendingRequest): boolean {
  const { request } = pending;
  if (request.kind !== 'leave' || !isSynchronous(record, request.node)) {
    return false;
  }
  const { names } = wantedQuorum(turn.state, leader, record);
  if (names.length < record.synchronous.required) {
    const requests = leader.requests.filter((it) => it !== pending);
    answerRequest(turn, pending, false, 'synchronous_quorum needs it: too few other standbys are attached');
    become(turn, { ...leader, requests });
  }
  return true;
}

function requestedChange(
  state: State,
  record: VoterRecord,
  { request, requestId }: PendingRequest,
): Partial<VoterRecord> | undefined {
  switch (request.kind) {
    case 'pause':
      return { pause: pauseOf(state, request, requestId) };
    case 'leave':
      return record.voters.includes(request.node) ? withoutNode(record, request.node) : undefined;
    case 'unpause':
    case 'join':
    case 'maintenance':
    case 'promote':
    case 'follow':
    case 'switchover':
    case 'synchronousQuorum':
      return undefined;
    default:
      return undefined;
  }
}

/** Begun only while both quorums are in contact; a joiner that asked just now counts. */
export function hasContact(state: State, leader: Leader, record: VoterRecord): boolean {
  const answers = (node: NodeId) =>
    isInContact(state, leader, node) || leader.joiners.some((it) => it.node === node);
  return setsConcerned(record, leader, state.settings.self).every(
    (set) => set.filter(answers).length >= quorumOf(set.length),
  );
}

function changeInWords(state: State, before: VoterRecord, after: VoterRecord): string {
  const added = after.voters.filter((node) => !before.voters.includes(node));
  const removed = before.voters.filter((node) => !after.voters.includes(node));
  if (added.length + removed.length > 0) {
    return added.length > 0
      ? `takes ${namesOf(state, added)} into the voters`
      : `takes ${namesOf(state, removed)} out of the voters`;
  }
  return after.pause === null ? 'ends the pause' : `pauses failover: ${after.pause.reason}`;
}
