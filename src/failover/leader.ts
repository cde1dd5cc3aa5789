/** The leader: heartbeats, their answers, and what it does when too few are in contact (rules 1, 4, 5). */
import type { NodeId } from '../model/node.ts';
import { reactConfirmation } from './confirmation.ts';
import {
  contactEndsAt,
  contactMs,
  contactOf,
  forgetContactBefore,
  sendingTime,
  updateContact,
} from './contact.ts';
import { fence } from './fencing.ts';
import { reactHold } from './hold.ts';
import type { Heartbeat, HeartbeatAcknowledged, HeartbeatRefused } from './messages.ts';
import { isWritable } from './own-wal.ts';
import { isMember, membersOf } from './quorum.ts';
import { reactPromotion } from './failed-promotion.ts';
import { renewGuard } from './guard.ts';
import { reactTrouble } from './trouble.ts';
import { reactPauseEnd } from './pause.ts';
import { reactQuorumInForce, reactSynchronousStandbys } from './synchronous-standbys.ts';
import { reactRecord } from './record-changes.ts';
import { giveUpLeading, loseToAnotherLeader, loseToWonTerm, reactReturn } from './return.ts';
import type { Leader } from './leader-state.ts';
import type { State } from './state.ts';
import { noteTerm } from './terms-heard.ts';
import { become, begin, isRunning, never, send, type Turn } from './turn.ts';

export function onHeartbeatAcknowledged(turn: Turn, from: NodeId, message: HeartbeatAcknowledged): void {
  const { role } = turn.state;
  noteTerm(turn, from, message.highestTerm);
  const sentAt = sendingTime(turn.state, message.mark);
  if (role.kind !== 'leader' || message.term < role.firstTerm || sentAt === undefined) {
    return;
  }
  if (sentAt < role.timeLostAt) {
    return;
  }
  const known = contactOf(role, from).sentAt;
  become(
    turn,
    updateContact(role, from, {
      sentAt: known !== null && known > sentAt ? known : sentAt,
      heardAt: turn.now,
      storedRecord: message.storedRecord,
      position: message.position,
      isCandidate: message.candidacy.kind !== 'none',
    }),
  );
}

export function onHeartbeatRefused(turn: Turn, from: NodeId, message: HeartbeatRefused): void {
  const { role, durable } = turn.state;
  noteTerm(turn, from, message.highestTerm);
  if (role.kind !== 'leader' || message.mark.incarnation !== turn.state.incarnation) {
    return;
  }
  if (message.reason === 'noState') {
    become(turn, updateContact(role, from, { isCandidate: false }));
  }
  if (message.record !== null && message.record.version.term > role.term) {
    loseToWonTerm(turn, from, message.record.version.term);
    return;
  }
  /** A word on the heartbeat of an earlier term, which a halted peer may give late, says nothing of this one. */
  if (message.term !== role.term || message.reason !== 'higherTerm') {
    return;
  }
  if (durable.record === null || !isMember(durable.record, from)) {
    return;
  }
  if (role.stage === 'checking' && !isWritable(turn.state)) {
    giveUpLeading(turn, role, `a higher term than ${role.term} is known`);
  } else if (
    message.leader !== null &&
    message.leader !== turn.state.settings.self &&
    message.leaderIsWritable
  ) {
    loseToAnotherLeader(turn, message.leader, message.highestTerm);
  }
}

/** What the passing of time demands of a leader, fence first. */
export function reactLeader(turn: Turn): void {
  forEachLeader(turn, reactPauseEnd);
  judge(turn);
  const { role } = turn.state;
  if (role.kind !== 'leader') {
    return;
  }
  if (turn.now - role.lastHeartbeatAt >= turn.state.settings.heartbeatIntervalMs) {
    sendHeartbeats(turn, role);
  }
  forEachLeader(turn, reactPromotion);
  forEachLeader(turn, reactTrouble);
  forEachLeader(turn, reactHold);
  forEachLeader(turn, writeWalForContact);
  forEachLeader(turn, reactConfirmation);
  forEachLeader(turn, reactReturn);
  forEachLeader(turn, reactQuorumInForce);
  forEachLeader(turn, reactRecord);
  forEachLeader(turn, reactSynchronousStandbys);
  forEachLeader(turn, renewGuard);
}

export function sendHeartbeats(turn: Turn, leader: Leader): void {
  const { state } = turn;
  const { record } = state.durable;
  if (record === null) {
    return;
  }
  const heartbeat: Heartbeat = {
    kind: 'heartbeat',
    term: leader.term,
    mark: { incarnation: state.incarnation, sentAt: turn.now },
    leaseMs: state.settings.leaseMs,
    record,
    position: state.position,
    isWritable: leader.stage === 'serving' && isWritable(state),
    failoverIsManual: state.settings.failover === 'manual',
  };
  for (const node of audienceOf(state)) {
    send(turn, node, heartbeat);
  }
  become(turn, { ...leader, lastHeartbeatAt: turn.now });
}

/** From when the server may not be writable any more; `never` where nothing fences. */
export function fencesAt(state: State, leader: Leader): number {
  const mayStay =
    state.settings.failover === 'manual' ||
    leader.isPaused ||
    leader.stage === 'goingDown' ||
    (leader.stage !== 'promoting' && leader.stage !== 'restarting' && !isWritable(state));
  if (mayStay) {
    return never;
  }
  return leader.judgement === null ? contactEndsAt(state, leader, contactMs(state)) : leader.judgement.at;
}

function judge(turn: Turn): void {
  const { role } = turn.state;
  if (role.kind !== 'leader') {
    return;
  }
  let leader = role;
  if (leader.judgement !== null && turn.now >= leader.judgement.at) {
    leader = { ...forgetContactBefore(leader, leader.judgement.from), judgement: null };
    become(turn, leader);
  }
  if (fencesAt(turn.state, leader) <= turn.now && leader.judgement === null) {
    fence(turn, 5, 'too few voters are in contact: others may elect a primary soon', {
      term: leader.term,
      contacts: leader.contacts.map((it) => it.node),
    });
  }
}

/** Standbys that do not acknowledge heartbeats may still acknowledge WAL: their repmgrd may be down. */
function writeWalForContact(turn: Turn, leader: Leader): void {
  const { state, now } = turn;
  const { server, settings, durable } = state;
  if (
    leader.stage !== 'serving' ||
    server === null ||
    isRunning(state, 'writeWal') ||
    durable.record === null
  ) {
    return;
  }
  const { record } = durable;
  if (now - leader.lastWalAt < settings.heartbeatIntervalMs) {
    return;
  }
  const isSilent = (node: NodeId) => {
    const { sentAt } = contactOf(leader, node);
    return sentAt === null || now - sentAt > 2 * settings.heartbeatIntervalMs;
  };
  if (server.attached.some(({ node }) => isMember(record, node) && isSilent(node))) {
    become(turn, { ...leader, lastWalAt: now });
    begin(turn, 'writeWal', (id) => ({ kind: 'writeWal', id }));
  }
}

/** Members, and all that are registered: who is to join, or follows without a vote, hears the leader too. */
function audienceOf({ durable, metadata, settings }: State): readonly NodeId[] {
  const members = durable.record === null ? [] : membersOf(durable.record);
  const others = metadata.nodes.filter(({ id }) => !members.includes(id)).map(({ id }) => id);
  return [...members, ...others].filter((node) => node !== settings.self);
}

function forEachLeader(turn: Turn, react: (turn: Turn, leader: Leader) => void): void {
  if (turn.state.role.kind === 'leader') {
    react(turn, turn.state.role);
  }
}
