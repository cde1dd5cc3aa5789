/** A quorum voted: the winner stores its term, leads at once, and promotes only while its contact lasts (rule 4). */
import type { NodeId } from '../model/node.ts';
import type { TimelineId } from '../model/timeline.ts';
import type { ActionResult } from './events.ts';
import { contactEndsAt, contactMs } from './contact.ts';
import { isLastLeader } from './known-positions.ts';
import { closeTerms } from './open-terms.ts';
import { adoptPath } from './branch.ts';
import { lookAtWal } from './own-wal.ts';
import { namesOfWinner, unsynchronized } from './synchronous-change.ts';
import { tipOf } from './position.ts';
import { restamped } from './first-record.ts';
import { type Leader, newLeader } from './leader-state.ts';
import type { Settings } from './settings.ts';
import type { Candidate, State } from './state.ts';
import type { Term } from './term.ts';
import { act, become, begin, change, explain, never, store, type Turn } from './turn.ts';
import type { SynchronousQuorum, VoterRecord } from './voter-record.ts';

export function win(turn: Turn, role: Candidate): void {
  const { state, now } = turn;
  const { durable, settings } = state;
  const isServing = !isFailover(role);
  const record = firstRecordOf(role, state);
  store(turn, {
    leading: { term: role.term, askedTerm: role.term, promotionCalled: !isServing, isPromoted: isServing },
    record,
    hasLostState: false,
    hasStrayed: false,
    ledOn: durable.ledOn,
    /** It has all that was acknowledged, whatever its directory was before. */
    replaced: null,
  });
  explain(turn, 4, 'win', `leads term ${role.term} ${byWhat(role, settings)}`, {
    term: role.term,
    votes: role.votes.map(({ voter }) => voter),
  });
  become(turn, {
    ...newLeader(role.term, now, record),
    stage: isServing ? 'serving' : 'promoting',
    since: now,
    contacts: role.votes.map(({ voter, sentAt }) => ({
      node: voter,
      sentAt,
      walWrittenAt: null,
      heardAt: now,
      storedRecord: null,
      position: null,
      isCandidate: false,
    })),
    isPaused: false,
    bootIdAtStart: state.bootId,
    replay: { lsn: state.server?.replayedLsn ?? null, movedAt: now },
    promotedPostmaster: state.server?.postmaster ?? null,
  });
  change(turn, { consideration: null, following: null });
  if (isServing) {
    serve(turn, role.term);
  } else {
    promote(turn, role, record);
  }
}

export function onPromoted(turn: Turn, result: Extract<ActionResult, { readonly kind: 'promoted' }>): void {
  const { role, server } = turn.state;
  if (role.kind !== 'leader' || role.stage !== 'promoting') {
    return;
  }
  const end = { timeline: result.timeline, endOfWal: result.flushedLsn, endIsExact: true };
  if (server !== null) {
    change(turn, {
      server: { ...server, ...end, isInRecovery: false, condition: 'running', receiver: null },
    });
  }
  lookAtWal(turn, end);
  become(turn, { ...role, stage: 'serving', lastHeartbeatAt: 0 as Leader['lastHeartbeatAt'] });
  store(turn, { frozen: null });
  explain(turn, 4, 'promotionDone', `this node is the primary by term ${role.term}`, { term: role.term });
  act(turn, {
    kind: 'recordEvent',
    event: 'repmgrd_failover_promote',
    isSuccessful: true,
    details: `promoted by term ${role.term}`,
  });
  serve(turn, role.term);
}

/** What a leader does whose server is writable: its timeline is the line now, and its next start is a safe one. */
export function serve(turn: Turn, term: Term): void {
  const { state } = turn;
  const { position, settings, server } = state;
  const path = position === null ? null : adoptPath(position.path, term);
  if (position !== null && path !== null) {
    change(turn, { position: { ...position, path } });
    store(turn, { timelines: path, ledOn: path, line: { term, path }, replaced: null });
  }
  const { leading } = turn.state.durable;
  if (leading !== null) {
    store(turn, { leading: { ...leading, isPromoted: true } });
  }
  store(turn, {
    leader: {
      term,
      node: settings.self,
      path,
      flushedLsn: position?.lsn ?? null,
      failoverIsManual: settings.failover === 'manual',
      isWritable: true,
    },
  });
  closeTerms(turn, (open) => open.term <= term);
  change(turn, { failedPromotions: 0, standsNotBefore: turn.now, leaderFlushedLsn: position?.lsn ?? null });
  if (settings.safeStart && (turn.state.role.kind !== 'leader' || !turn.state.role.isPaused)) {
    if (turn.state.durable.replacedRestartAfterCrash === null) {
      store(turn, { replacedRestartAfterCrash: server?.restartAfterCrash ?? 'on' });
    }
    begin(turn, 'armSafeStart', (id) => ({ kind: 'armSafeStart', id }));
  }
  act(turn, { kind: 'writeMetadata', term });
}

/** The number that PostgreSQL will choose: one above the newest that this node has. */
function nextTimelineOf({ position }: State): TimelineId | null {
  const tip = position === null ? undefined : tipOf(position.path);
  return tip === undefined ? null : ((tip.timelineId + 1) as TimelineId);
}

function promote(turn: Turn, { term, bound }: Candidate, record: VoterRecord): void {
  const { state } = turn;
  const { role, now } = state;
  const nextTimeline = nextTimelineOf(state);
  if (role.kind !== 'leader' || nextTimeline === null) {
    return;
  }
  const notAfter = contactEndsAt(state, role, contactMs(state));
  const left = Math.min(notAfter - now.monotonicMs, never - now.bootTimeMs);
  const names = firstNames(state, record, bound);
  become(turn, { ...role, names: { ...role.names, told: names } });
  explain(turn, 4, 'promote', `promotes its PostgreSQL in term ${term}`, { term, nextTimeline });
  begin(turn, 'promote', (id) => ({
    kind: 'promote',
    id,
    term,
    nextTimeline,
    notAfter,
    notAfterBootTimeMs: now.bootTimeMs + left,
    synchronousStandbyNames: names,
  }));
}

/** Those of the record; in the winner's own place one that voted for it, since it is there; null: the operator's. */
function firstNames(
  { settings, metadata }: State,
  { synchronous, voters }: VoterRecord,
  bound: Candidate['bound'],
): SynchronousQuorum | null {
  if (synchronous.required === 0) {
    return settings.synchronousQuorum > 0 || synchronous.names.length > 0 ? unsynchronized : null;
  }
  const hasData = (node: NodeId) => !metadata.nodes.some((it) => it.id === node && it.isWitness);
  const answered = bound.map(([node]) => node).filter((node) => voters.includes(node));
  return namesOfWinner(synchronous, settings.self, [...answered, ...voters].filter(hasData));
}

/** The newest record among its votes, as the first of its own term; a pause belonged to the leader before. */
function firstRecordOf(role: Candidate, state: State): VoterRecord {
  const { durable, now, settings } = state;
  const record = restamped(durable.record ?? role.record, role.term);
  const { failovers } = record;
  const forced = role.isForced ? forcedVoters(role, settings.self) : {};
  const isAutomatic = isFailover(role) && !role.isByOperator;
  return {
    ...record,
    ...forced,
    pause: null,
    /** What a hand made writable may have acknowledged by itself: its standbys are named anew. */
    synchronous:
      role.purpose !== 'writable' || isLastLeader(state, role)
        ? record.synchronous
        : { ...record.synchronous, required: 0 },
    failovers: isAutomatic ? [...failovers.slice(-9), { term: role.term, wallMs: now.wallMs }] : failovers,
  };
}

function byWhat({ isForced }: Candidate, { failoverQuorum }: Settings): string {
  if (isForced) {
    return 'because an operator forces it, without a quorum if need be';
  }
  return failoverQuorum === 'none' ? 'without a quorum: failover_quorum=none' : 'by the votes of a quorum';
}

/** Forced without a quorum: the voters are those that voted, the others join anew (rule 12). */
function forcedVoters({ votes }: Candidate, self: NodeId): Partial<VoterRecord> {
  return { voters: [self, ...votes.map(({ voter }) => voter)], replacedVoters: null, joining: null };
}

function isFailover({ purpose }: Candidate): boolean {
  return purpose === 'election';
}
