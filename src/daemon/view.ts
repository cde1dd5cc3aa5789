/** What this repmgrd tells of itself and of the cluster to whoever asks. Pure. */
import type { ApiView, LeadershipView, NodeView, PauseView, ServerView } from '../api/view.ts';
import type { Config } from '../config/resolve.ts';
import { contactEndsAt, contactMs } from '../failover/contact.ts';
import { maintenanceLeftMs } from '../failover/maintenance.ts';
import { waitsForOperatorToFollow } from '../failover/manual-following.ts';
import { isPaused } from '../failover/pause.ts';
import { membersOf, quorumOf } from '../failover/quorum.ts';
import type { State } from '../failover/state.ts';
import { never } from '../failover/turn.ts';
import { redactConninfo } from '../model/conninfo.ts';
import type { NodeId } from '../model/node.ts';
import type { ClusterFacts } from './cluster-facts.ts';
import type { PeerNotes } from './peer-notes.ts';
import { sickSignsOf } from './sick-signs.ts';

export interface ViewSource {
  readonly config: Config;
  readonly self: NodeId;
  readonly facts: ClusterFacts;
  readonly state: State;
  readonly notes: PeerNotes;
  /** The server runs as a standby and lets nobody in. */
  readonly isClosedStandby: boolean;
  readonly nowMs: number;
  readonly startedAtMs: number;
  readonly version: string;
}

export function viewOf(source: ViewSource): ApiView {
  const { config, self, facts, state, notes, nowMs } = source;
  const { record } = state.durable;
  const voters = record?.voters ?? [];
  return {
    cluster: config.clusterName,
    systemIdentifier: facts.systemIdentifier,
    node: self,
    name: config.nodeName,
    version: source.version,
    pid: process.pid,
    upForMs: Math.round(nowMs - source.startedAtMs),
    server: serverView(source),
    leadership: leadershipView(state, nowMs),
    voters,
    quorum: quorumOf(voters.length),
    pause: pauseView(state, nowMs),
    maintenanceLeftMs: maintenanceLeftMs(state),
    secretVersion: facts.secretVersion,
    sickSigns: sickSignsOf(source),
    nodes: facts.nodes.map((node) => nodeView(node, source)),
    counters: notes.counters,
  };
}

function serverView({ state, isClosedStandby }: ViewSource): ServerView {
  const { server, durable, following, leaderFlushedLsn } = state;
  const replayedLsn = server?.replayedLsn ?? null;
  const isStandby = server?.isInRecovery === true;
  const lag = replayedLsn === null || leaderFlushedLsn === null ? null : leaderFlushedLsn - replayedLsn;
  return {
    // For whoever wants to read from it.
    condition: isClosedStandby && isStandby ? 'hanging' : (server?.condition ?? 'unknown'),
    isInRecovery: server?.isInRecovery ?? null,
    isStreaming: isStandby && server.receiver !== null,
    isFenced:
      isStandby &&
      durable.yielded?.reason === 'fence' &&
      following?.isDone !== true &&
      server.receiver === null,
    upstream: server?.receiver?.upstream ?? null,
    leftAloneBy: waitsForOperatorToFollow(state),
    timelineId: server?.timeline?.at(-1)?.timelineId ?? null,
    endOfWal: server?.endOfWal ?? null,
    replayedLsn,
    lagBytes: isStandby && lag !== null ? Math.max(0, lag) : null,
  };
}

function leadershipView(state: State, nowMs: number): LeadershipView {
  const { role, durable, settings, leaderHeardAt } = state;
  const leads = role.kind === 'leader';
  const leaseLeftMs = leaseLeftOf(state, nowMs);
  return {
    role: role.kind,
    stage: leads ? role.stage : null,
    term: leads ? role.term : (durable.leader?.term ?? durable.term),
    leader: leads ? settings.self : (durable.leader?.node ?? null),
    isInContact: leads ? contactEndsAt(state, role, contactMs(state)) > nowMs : null,
    leaseLeftMs,
    isHolding: leads && role.isHolding,
    leaderSeenMs: leads || leaderHeardAt === null ? null : Math.round(nowMs - leaderHeardAt),
  };
}

/** null: there is no lease, or one that does not end: a leader of a set of two never loses contact. */
function leaseLeftOf(state: State, nowMs: number): number | null {
  const { role, lease } = state;
  if (role.kind === 'leader') {
    const end = contactEndsAt(state, role, contactMs(state));
    return end >= never ? null : Math.max(0, Math.round(end - nowMs));
  }
  return lease.kind === 'granted' ? Math.max(0, Math.round(lease.endsAt - nowMs)) : null;
}

function pauseView(state: State, nowMs: number): PauseView | null {
  const pause = state.durable.record?.pause ?? null;
  if (pause === null || !(isPaused(state) || state.role.kind === 'leader')) return null;
  const { pauseEndsAtBootMs } = state.durable;
  // A voter keeps still a little longer than the leader, which ends the pause for all.
  const leftMs =
    state.role.kind === 'leader' && pauseEndsAtBootMs !== null
      ? pauseEndsAtBootMs - state.now.bootTimeMs
      : (state.pauseKnownAt ?? nowMs) + pause.lengthMs - nowMs;
  return { reason: pause.reason, leftMs: Math.max(0, Math.round(leftMs)), leader: pause.leader };
}

function nodeView(
  node: ClusterFacts['nodes'][number],
  { self, facts, state, notes, nowMs }: ViewSource,
): NodeView {
  const { record } = state.durable;
  const note = notes.of(node.id);
  const isSelf = node.id === self;
  return {
    id: node.id,
    name: node.name,
    role: node.role,
    isActive: node.isActive,
    isVoter: record !== null && membersOf(record).includes(node.id),
    upstream: node.upstreamNodeId ?? null,
    priority: node.priority,
    conninfo: redactConninfo(node.conninfo),
    apiAddress: facts.addresses.find(([id]) => id === node.id)?.[1] ?? null,
    lastSeenMs: isSelf ? 0 : note === undefined ? null : Math.round(nowMs - note.heardAt),
    health: note?.health ?? null,
    candidacy: note?.candidacy ?? null,
    endOfWal: isSelf ? (state.server?.endOfWal ?? null) : (note?.endOfWal ?? null),
  };
}
