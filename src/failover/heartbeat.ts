/** A heartbeat comes in: adopt its leader and grant the lease, or say why not (rule 1). */
import type { NodeId } from '../model/node.ts';
import { noteLeftBehind } from './branch.ts';
import { candidacyOf, healthOf } from './candidacy.ts';
import { loseToAnotherLeader } from './return.ts';
import { thaw } from './evidence.ts';
import { grantLease, isYieldedBy } from './lease.ts';
import type { Heartbeat, HeartbeatRefused } from './messages.ts';
import { nameOf } from './names.ts';
import { askToJoin } from './membership.ts';
import { learnLine, renameMakers } from './own-wal.ts';
import { noteReign } from './open-terms.ts';
import { samePath, type TimelinePath } from './position.ts';
import { compareVersions, isMember, newerRecord } from './quorum.ts';
import { noteReplaced } from './replaced-directory.ts';
import type { State } from './state.ts';
import { firstTerm, noTerm, type Term } from './term.ts';
import { abandon, become, change, explain, send, store, type Turn } from './turn.ts';
import { noteTerm } from './terms-heard.ts';

export function onHeartbeat(turn: Turn, from: NodeId, heartbeat: Heartbeat): void {
  const { role } = turn.state;
  takeUpMembership(turn, heartbeat);
  const reason = refusalOf(turn.state, from, heartbeat);
  if (reason === 'noState' && !turn.state.durable.hasLostState) {
    store(turn, { hasLostState: true });
    noteReplaced(turn);
  }
  if (reason === 'noState') {
    learnLeader(turn, from, heartbeat);
  }
  if (reason !== null) {
    if (reason === 'higherTerm' || reason === 'yielded') {
      noteTerm(turn, from, heartbeat.term);
    }
    refuse(turn, from, heartbeat, reason);
    if (reason === 'noState') {
      askToJoin(turn, from);
    }
    return;
  }
  if (role.kind === 'leader' || role.kind === 'retiring') {
    noteTerm(turn, from, heartbeat.term);
    if (heartbeat.isWritable) {
      loseToAnotherLeader(turn, from, heartbeat.term);
    }
    if (turn.state.role.kind !== 'leader') {
      store(turn, { record: newerRecord(turn.state.durable.record, heartbeat.record) });
    }
    return;
  }
  adopt(turn, from, heartbeat);
  /** Of who is no member it counts for the record alone: a change that took it in may be in force elsewhere. */
  acknowledge(turn, from, heartbeat);
  if (!isMember(heartbeat.record, turn.state.settings.self)) {
    askToJoin(turn, from);
  }
}

/** The record names this life of its repmgrd as taken in: what it forgot it did as a member before. */
function takeUpMembership(turn: Turn, { record, term }: Heartbeat): void {
  const { durable, settings, incarnation } = turn.state;
  const isTakenIn = record.joining?.node === settings.self && record.joining.incarnation === incarnation;
  if (durable.hasLostState && isTakenIn && isMember(record, settings.self)) {
    explain(turn, 10, 'changeRecord', 'this node was taken into the voters', { term });
    store(turn, { hasLostState: false, term: term > durable.term ? term : durable.term, vote: null });
  }
}

function refusalOf(state: State, from: NodeId, heartbeat: Heartbeat): HeartbeatRefused['reason'] | null {
  const { durable } = state;
  if (durable.hasLostState || isNewcomer(durable, heartbeat.term)) {
    return 'noState';
  }
  const record = newerRecord(durable.record, heartbeat.record);
  if (record === null || !isMember(record, from)) {
    return 'notAMember';
  }
  if (isYieldedBy(state, from, heartbeat.term)) {
    return 'yielded';
  }
  /** Who is no voter any more has no term that counts: it asks to join, and the leader is confirmed above it. */
  if (!isMember(record, state.settings.self)) {
    return null;
  }
  /** A term that a leader only asked for yet is no higher one than another's that was won. */
  const ownTerm = state.role.kind === 'leader' ? state.role.term : durable.term;
  return heartbeat.term >= ownTerm || isOfConfirmedLeader(state, from, heartbeat.term) ? null : 'higherTerm';
}

/** It never heard of a leader, and this is not the first: whether it ever voted cannot be known. */
function isNewcomer({ record, term }: State['durable'], heartbeatTerm: Term): boolean {
  return record === null && term === noTerm && heartbeatTerm > firstTerm;
}

/** A voter that confirmed its leader in a higher term goes on with the heartbeats of the older one. */
function isOfConfirmedLeader({ durable: { vote, term } }: State, from: NodeId, heartbeatTerm: Term): boolean {
  return (
    vote !== null &&
    vote.candidate === from &&
    vote.term === term &&
    vote.confirms !== null &&
    heartbeatTerm >= vote.confirms
  );
}

function refuse(turn: Turn, from: NodeId, heartbeat: Heartbeat, reason: HeartbeatRefused['reason']): void {
  const { durable, highestTermHeard, role } = turn.state;
  const leader = durable.leader !== null && durable.leader.term > heartbeat.term ? durable.leader : null;
  const leads = role.kind === 'leader' && role.term > heartbeat.term;
  send(turn, from, {
    kind: 'heartbeatRefused',
    term: heartbeat.term,
    mark: heartbeat.mark,
    highestTerm: Math.max(durable.term, highestTermHeard) as Term,
    leader: leads ? turn.state.settings.self : (leader?.node ?? null),
    leaderIsWritable: leads ? role.stage === 'serving' : (leader?.isWritable ?? false),
    record: durable.record,
    reason,
  });
}

function adopt(turn: Turn, from: NodeId, heartbeat: Heartbeat): void {
  const { durable, role } = turn.state;
  const known = durable.leader;
  const isNew = known?.term !== heartbeat.term || known.node !== from;
  if (heartbeat.term > durable.term) {
    store(turn, { term: heartbeat.term });
  }
  if (compareVersionsOf(durable.record, heartbeat.record) < 0) {
    store(turn, { record: heartbeat.record });
  }
  noteReign(turn, from, heartbeat);
  const path = heartbeat.position?.path ?? null;
  if (
    isNew ||
    known.failoverIsManual !== heartbeat.failoverIsManual ||
    known.isWritable !== heartbeat.isWritable ||
    !samePathOrNull(known.path, path)
  ) {
    rememberLeader(turn, from, heartbeat, isNew);
  }
  const flushed = heartbeat.position?.lsn ?? null;
  if (isNew || flushed === null || flushed > (turn.state.leaderFlushedLsn ?? -1)) {
    change(turn, { leaderFlushedLsn: flushed });
  }
  if (role.kind === 'canvassing' || role.kind === 'candidate') {
    become(turn, { kind: 'follower', electionNotBefore: turn.now, hasWaited: false, unarmedSince: null });
  } else if (role.kind === 'follower' && (role.hasWaited || role.electionNotBefore > turn.now)) {
    /** Whoever it let go first did: the next election is another one. */
    become(turn, { ...role, hasWaited: false, electionNotBefore: turn.now });
  }
  const startNotBefore = isNew ? turn.now : turn.state.startNotBefore;
  change(turn, { leaderHeardAt: turn.now, stayedOutBecause: '', startNotBefore });
  grantLease(turn, from, heartbeat.term, heartbeat.leaseMs);
  dropConsideration(turn);
  noteLeftBehind(turn);
  thaw(turn);
}

/** It lost its state, or never had any: it knows whom to follow, but neither grants nor acknowledges. */
function learnLeader(turn: Turn, from: NodeId, heartbeat: Heartbeat): void {
  const { durable, settings, role } = turn.state;
  const { leader } = durable;
  const isNewer = leader === null || heartbeat.term >= leader.term;
  if (compareVersionsOf(durable.record, heartbeat.record) < 0) {
    store(turn, { record: heartbeat.record });
  }
  if (isNewer && isMember(heartbeat.record, from) && from !== settings.self) {
    const isNews = leader?.term !== heartbeat.term || leader.isWritable !== heartbeat.isWritable;
    if (isNews || !samePathOrNull(leader.path, heartbeat.position?.path ?? null)) {
      rememberLeader(turn, from, heartbeat, leader?.term !== heartbeat.term);
    }
    change(turn, { leaderHeardAt: turn.now });
    /** What it asks for with a server that is writable it could not be given beside that leader. */
    if (role.kind === 'candidate' && !role.isForced) {
      become(turn, { kind: 'follower', electionNotBefore: turn.now, hasWaited: false, unarmedSince: null });
    }
  }
}

function rememberLeader(turn: Turn, from: NodeId, heartbeat: Heartbeat, isNew: boolean): void {
  store(turn, {
    leader: {
      term: heartbeat.term,
      node: from,
      path: heartbeat.position?.path ?? turn.state.durable.leader?.path ?? null,
      flushedLsn: heartbeat.position?.lsn ?? null,
      failoverIsManual: heartbeat.failoverIsManual,
      isWritable: heartbeat.isWritable,
    },
  });
  const path = heartbeat.position?.path;
  if (path !== undefined && heartbeat.isWritable) {
    learnLine(turn, { term: heartbeat.term, path });
  }
  renameMakers(turn);
  if (isNew) {
    explain(turn, 1, 'adoptLeader', `${nameOf(turn.state, from)} leads term ${heartbeat.term}`, {
      leader: from,
      term: heartbeat.term,
      isWritable: heartbeat.isWritable,
    });
  }
}

/** A request that is being considered meets the lease that was just granted. */
function dropConsideration(turn: Turn): void {
  if (turn.state.consideration !== null) {
    change(turn, { consideration: null });
    abandon(turn, 'freeze');
    abandon(turn, 'askServers');
  }
}

function acknowledge(turn: Turn, from: NodeId, heartbeat: Heartbeat): void {
  const { state } = turn;
  send(turn, from, {
    kind: 'heartbeatAcknowledged',
    term: heartbeat.term,
    mark: heartbeat.mark,
    position: state.position,
    health: healthOf(state),
    candidacy: candidacyOf(state),
    storedRecord: state.durable.record?.version ?? heartbeat.record.version,
    highestTerm: Math.max(state.durable.term, state.highestTermHeard) as Term,
  });
}

function compareVersionsOf(one: State['durable']['record'], other: Heartbeat['record']): number {
  return one === null ? -1 : compareVersions(one.version, other.version);
}

function samePathOrNull(one: TimelinePath | null, other: TimelinePath | null): boolean {
  return one === null || other === null ? one === other || other === null : samePath(one, other);
}
