/** Whether this node may stand for election, by its own judgement (rule 2), and how it is. */
import { leaderYielded } from './lease.ts';
import type { Candidacy, Health } from './messages.ts';
import { isDiverged, isWitness, isWritable } from './own-wal.ts';
import { isInMaintenance } from './maintenance.ts';
import { isPaused } from './pause.ts';
import { isMember } from './quorum.ts';
import type { State } from './state.ts';

export function candidacyOf(state: State, isByOperator = false): Candidacy {
  const reason = whyNot(state, isByOperator);
  const { priority } = state.settings;
  if (reason !== null) {
    return { kind: 'none', reason };
  }
  const drawback = drawbackOf(state);
  return drawback === null
    ? { kind: 'candidate', priority }
    : { kind: 'lastResort', priority, reason: drawback };
}

export function healthOf(state: State): Health {
  if (isWitness(state)) {
    return 'witness';
  }
  const condition = state.server?.condition ?? 'crashed';
  if (condition === 'running' || condition === 'starting') {
    return condition === 'running' ? 'up' : 'starting';
  }
  return condition === 'none' ? 'witness' : 'down';
}

function whyNot(state: State, isByOperator: boolean): string | null {
  const { settings, durable, server, position } = state;
  if (state.durable.hasLostState || durable.record === null || !isMember(durable.record, settings.self)) {
    return 'it is no voter';
  }
  if (!durable.record.voters.includes(settings.self)) {
    return 'it is about to leave the voters';
  }
  if (isWitness(state) || server === null || server.condition === 'none') {
    return 'it has no data: a witness';
  }
  if (server.condition === 'crashed' || server.condition === 'shutDown') {
    return 'its server does not run';
  }
  /** However long its recovery takes: it cannot be promoted before it answers. */
  if (server.condition === 'starting' || server.isInRecovery === null) {
    return 'its server is starting';
  }
  if (position === null) {
    return 'its WAL cannot be read';
  }
  if (isDiverged(state)) {
    return 'its WAL diverged from that of the newest primary';
  }
  if (!position.isExact) {
    return 'the end of its WAL is not known yet';
  }
  if (server.isReplayPaused) {
    return 'its replay is paused by hand';
  }
  return isByOperator ? null : whyNotByItself(state);
}

function whyNotByItself(state: State): string | null {
  const { settings, durable, server } = state;
  if (settings.priority === 0) {
    return 'its priority is 0';
  }
  if (settings.failover === 'manual') {
    return 'failover=manual is set on it';
  }
  if (isInMaintenance(state)) {
    return 'it is in maintenance';
  }
  if (isPaused(state)) {
    return 'failover is paused';
  }
  if (durable.leader?.failoverIsManual === true) {
    return 'failover=manual is set on the primary';
  }
  return server === null ? 'its server was not seen yet' : null;
}

function drawbackOf(state: State): string | null {
  const { server, metadata, settings, durable, failedPromotions } = state;
  if (server === null || server.condition !== 'running' || isWritable(state)) {
    return 'its server is not up as a standby';
  }
  if (server.hasReplayDelay) {
    return 'it replays with a delay';
  }
  if (durable.leader?.node === settings.self && leaderYielded(state)) {
    return 'its server was the primary, and was given up';
  }
  if (failedPromotions > 0) {
    return 'its last promotion failed';
  }
  const upstream = metadata.nodes.find((node) => node.id === settings.self)?.upstream ?? null;
  return upstream !== null && durable.leader !== null && isStandbyNow(state, upstream)
    ? 'it is attached to another standby'
    : null;
}

function isStandbyNow({ metadata, durable }: State, upstream: number): boolean {
  const node = metadata.nodes.find(({ id }) => id === upstream);
  return node !== undefined && node.upstream !== null && durable.leader?.node !== node.id;
}
