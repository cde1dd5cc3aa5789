/** A leader keeps synchronous_standby_names and the record in step with the standbys that are attached to it (rule 13). */
import { bounds } from './bounds.ts';
import type { Leader } from './leader-state.ts';
import { unknownNames } from './leader-state.ts';
import { namesOf } from './names.ts';
import { isWritable } from './own-wal.ts';
import { publish } from './record-version.ts';
import { hasContact, isInForce } from './record-changes.ts';
import type { ServerObservation } from './server-observation.ts';
import type { State } from './state.ts';
import { isSameQuorum, mayMix, nextChange, waitsForNobody, withoutSelf } from './synchronous-change.ts';
import { wantedQuorum } from './synchronous-wish.ts';
import { act, become, begin, explain, isRunning, type Turn } from './turn.ts';
import type { SynchronousQuorum, VoterRecord } from './voter-record.ts';

export function reactSynchronousStandbys(turn: Turn, leader: Leader): void {
  const { record } = turn.state.durable;
  if (record === null || !isConcerned(turn.state, leader, record) || !mayChange(turn.state, leader, record)) {
    return;
  }
  const { self } = turn.state.settings;
  const wanted = wantedQuorum(turn.state, leader, record);
  const { told } = leader.names;
  if (told === null && record.synchronous.required > 0) {
    tell(turn, leader, withoutSelf(record.synchronous, self));
    return;
  }
  /** What a promotion wrote is told once more, since nobody knows how that shows. */
  if (told !== null && leader.names.text === null) {
    tell(turn, leader, told);
    return;
  }
  const next = nextChange(record.synchronous, wanted, self, told);
  if (next.kind === 'record') {
    change(turn, leader, record, next.to);
  } else if (next.kind === 'none') {
    if (next.names !== null && !isSameQuorum(told, next.names)) {
      tell(turn, leader, next.names);
    }
  } else if (isEstablished(leader, next.to)) {
    if (isOvertaken(turn.state, leader, next.to)) {
      change(turn, leader, record, next.to);
    }
  } else {
    establish(turn, leader, record, next.to, next.isRaised);
  }
}

/** What the observation says of the names that were told: whether every walsender goes by them, and who is away. */
export function noteNames(state: State, leader: Leader, server: ServerObservation): Leader {
  const { record } = state.durable;
  const { names } = leader;
  const absent = (record?.synchronous.names ?? []).filter(
    (node) => node !== state.settings.self && !server.attached.some((it) => it.node === node),
  );
  const isUnchanged =
    absent.length === leader.absences.length && leader.absences.every(([node]) => absent.includes(node));
  const noted: Leader = isUnchanged
    ? leader
    : {
        ...leader,
        absences: absent.map(
          (node) => leader.absences.find(([id]) => id === node) ?? [node, state.now.monotonicMs],
        ),
      };
  if (names.told === null || names.text === null || server.endOfWal === null) {
    return noted;
  }
  const isOld = server.synchronousStandbyNames !== names.text;
  if (isOld && state.now.monotonicMs - names.toldAt >= bounds.namesShownMs) {
    return { ...noted, names: unknownNames(state.now.monotonicMs) };
  }
  const { told } = names;
  const isInForceNow = server.attached.every(
    ({ node, syncPriority }) => syncPriority > 0 === told.names.includes(node),
  );
  return isOld || names.inForceAt !== null || !isInForceNow
    ? noted
    : { ...noted, names: { ...names, inForceAt: server.endOfWal } };
}

/** A step in PostgreSQL ended: it has what it was told in its file, and observations will show it so. */
export function onNamesWritten(turn: Turn, text: string): void {
  const { role } = turn.state;
  if (role.kind === 'leader' && role.names.told !== null) {
    become(turn, { ...role, names: { ...role.names, text } });
  }
}

export function onNamesFailed(turn: Turn): void {
  const { role } = turn.state;
  if (role.kind === 'leader') {
    become(turn, { ...role, names: unknownNames(turn.now) });
  }
}

/** Whether this cluster has, had, or is to have a synchronous quorum. */
function isConcerned({ settings }: State, { names }: Leader, { synchronous }: VoterRecord): boolean {
  return settings.synchronousQuorum > 0 || synchronous.names.length > 0 || names.told !== null;
}

function mayChange(state: State, leader: Leader, record: VoterRecord): boolean {
  return (
    leader.stage === 'serving' &&
    isWritable(state) &&
    record.replacedVoters === null &&
    leader.confirmation === null &&
    isInForce(state, leader, record) &&
    !leader.isHolding &&
    !state.mayHold &&
    !isRunning(state, 'release') &&
    !isRunning(state, 'setSynchronousNames') &&
    state.now.monotonicMs >= leader.names.toldAt + (leader.names.told === null ? bounds.retryMs : 0)
  );
}

/** Each step is proven before the next, so that walsenders never go by three different lists. */
function establish(
  turn: Turn,
  leader: Leader,
  record: VoterRecord,
  to: SynchronousQuorum,
  isRaised: boolean,
): void {
  const { self } = turn.state.settings;
  const { told } = leader.names;
  /** A walsender shows whether it goes by a name, not by which K: a greater K comes by way of nobody. */
  if (isRaised && !waitsForever(told)) {
    makeWaitForNobody(turn, leader, record);
  } else if (isRaised || told === null || mayMix(record.synchronous, self, told, to)) {
    tell(turn, leader, to);
  } else {
    tell(turn, leader, withoutSelf(record.synchronous, self));
  }
}

/** From no synchronous standby at all it needs a probe, since sessions look whether there are any by themselves. */
function makeWaitForNobody(turn: Turn, leader: Leader, { synchronous }: VoterRecord): void {
  if (synchronous.required > 0) {
    tell(turn, leader, { ...waitsForNobody, required: synchronous.required });
    return;
  }
  if (mayTellNext(leader)) {
    become(turn, { ...leader, names: { ...unknownNames(turn.now), told: waitsForNobody } });
    explain(turn, 13, 'setNames', 'commits wait until the synchronous standbys are named', {});
    begin(turn, 'setSynchronousNames', (id) => ({ kind: 'hold', id }));
  }
}

function tell(turn: Turn, leader: Leader, names: SynchronousQuorum): void {
  if (!mayTellNext(leader)) {
    return;
  }
  const { told } = leader.names;
  const removed =
    told === null || names.names.length === 0 ? [] : told.names.filter((node) => !names.names.includes(node));
  become(turn, { ...leader, names: { ...unknownNames(turn.now), told: names } });
  explain(turn, 13, 'setNames', `PostgreSQL is told to wait for ${inWords(turn.state, names)}`, {
    names: names.names,
    required: names.required,
  });
  begin(turn, 'setSynchronousNames', (id) => ({ kind: 'setSynchronousNames', id, names, removed }));
}

/** What was told before is in force, or was not seen yet how it shows. */
function mayTellNext({ names }: Leader): boolean {
  return names.told === null || names.inForceAt !== null || names.text === null;
}

function change(turn: Turn, leader: Leader, record: VoterRecord, to: SynchronousQuorum): void {
  const changed: VoterRecord = { ...record, synchronous: to };
  if (!hasContact(turn.state, leader, changed)) {
    return;
  }
  const { names, required } = to;
  explain(turn, 13, 'changeRecord', `each commit is to be acknowledged by ${inWords(turn.state, to)}`, {
    names,
    required,
  });
  const isQuorumOpen = leader.isQuorumOpen || required !== record.synchronous.required;
  publish(turn, { ...leader, isQuorumOpen }, changed);
}

/** With its record in force a new K is what elections go by: only now it is promised to anybody. */
export function reactQuorumInForce(turn: Turn, leader: Leader): void {
  const { record } = turn.state.durable;
  if (!leader.isQuorumOpen || record === null || !isInForce(turn.state, leader, record)) {
    return;
  }
  const { synchronous } = record;
  const { names, required } = synchronous;
  const sentence = `each commit is acknowledged by ${inWords(turn.state, synchronous)}`;
  become(turn, { ...leader, isQuorumOpen: false });
  explain(turn, 13, 'recordInForce', sentence, { names, required });
  act(turn, {
    kind: 'recordEvent',
    event: 'repmgrd_synchronous_quorum',
    isSuccessful: required >= turn.state.settings.synchronousQuorum,
    details: sentence,
  });
}

function isEstablished({ names }: Leader, to: SynchronousQuorum): boolean {
  return isSameQuorum(names.told, to) && names.inForceAt !== null;
}

/** Whatever was acknowledged before these names were in force is on enough of them. */
function isOvertaken({ server }: State, { names }: Leader, to: SynchronousQuorum): boolean {
  const flushed = to.names.filter((node) =>
    server?.attached.some((it) => it.node === node && it.flushedLsn >= (names.inForceAt ?? Infinity)),
  );
  return flushed.length >= to.required;
}

function waitsForever(told: SynchronousQuorum | null): boolean {
  return told !== null && told.names.length === 0 && told.required > 0;
}

function inWords(state: State, { names, required }: SynchronousQuorum): string {
  if (required === 0) {
    return 'no standby';
  }
  return names.length === 0 ? 'a standby that nobody is' : `any ${required} of ${namesOf(state, names)}`;
}
