/** What an operator should look at, in sentences, the worst first. Pure. */
import { contactMs, isInContact } from '../failover/contact.ts';
import { waitsForOperatorToFollow } from '../failover/manual-following.ts';
import { isWritable } from '../failover/own-wal.ts';
import { membersOf } from '../failover/quorum.ts';
import type { ServerObservation } from '../failover/server-observation.ts';
import type { State } from '../failover/state.ts';
import type { NodeId } from '../model/node.ts';
import type { ClusterFacts } from './cluster-facts.ts';

export interface SickSignSource {
  readonly self: NodeId;
  readonly facts: ClusterFacts;
  readonly state: State;
  /** The server runs as a standby and lets nobody in. */
  readonly isClosedStandby: boolean;
  readonly nowMs: number;
}

export function sickSignsOf({ facts, state, isClosedStandby, nowMs }: SickSignSource): readonly string[] {
  const { durable, server, role, leaderHeardAt, settings } = state;
  const signs: string[] = [];
  const add = (isSo: boolean, sentence: string): void => {
    if (isSo) signs.push(sentence);
  };
  add(!state.isStored, 'the state file could not be written');
  add(durable.hasLostState, 'the state file was lost: this node has no vote until it was taken in anew');
  add(isWritable(state) && role.kind !== 'leader', 'the server accepts writes, and this node leads no term');
  add(role.kind === 'leader' && role.isHolding, 'commits wait: too few voters are in contact');
  add(server?.condition === 'crashed', 'the server has crashed');
  add(server?.condition === 'shutDown', 'the server is shut down');
  add(server?.condition === 'stalled', 'writes to disk do not end');
  add(server?.condition === 'hanging', 'the server accepts no new connections');
  add(isClosedStandby, 'the server lets nobody in: hot_standby is off');
  add(
    durable.hasStrayed || durable.isRejoining,
    'the data are no whole copy of the primary: rejoin or clone',
  );
  const waitsForReplay = server?.receiver === null && isBehind(server) && durable.frozen === null;
  add(
    waitsForReplay && server.hasReplayDelay,
    'nothing is streamed before what is here was replayed, and recovery_min_apply_delay puts that off',
  );
  add(
    waitsForReplay && server.isReplayPaused,
    'nothing is streamed before what is here was replayed, and the replay is paused',
  );
  add(durable.frozen?.boundTerm === null, 'replication is stopped by repmgrd');
  const primary = waitsForOperatorToFollow(state);
  add(
    primary !== null,
    `with failover=manual it is without replication since ${nameIn(facts, primary)} is the primary: run "repmgr standby follow" on it`,
  );
  const isQuiet = leaderHeardAt === null || nowMs - leaderHeardAt > settings.leaseMs;
  add(role.kind !== 'leader' && durable.record !== null && isQuiet, 'no leader is heard');
  if (role.kind === 'leader' && durable.record !== null) {
    for (const node of membersOf(durable.record)) {
      add(
        !isInContact(state, role, node),
        `no word of ${nameIn(facts, node)} for ${Math.round(contactMs(state) / 100) / 10} s`,
      );
    }
  }
  add(
    facts.secrets.length > 1,
    'the secret of the cluster is being changed: if nobody does, end it with repmgr cluster rotate-secret',
  );
  return signs;
}

function nameIn({ nodes }: ClusterFacts, node: NodeId | null): string {
  return nodes.find(({ id }) => id === node)?.name ?? `node ${node}`;
}

/** A startup process that waits asks for no WAL, so a receiver that has ended is not started again. */
function isBehind({ condition, isInRecovery, replayedLsn, endOfWal }: ServerObservation): boolean {
  const isStandby = condition === 'running' && isInRecovery === true;
  return isStandby && replayedLsn !== null && endOfWal !== null && replayedLsn < endOfWal;
}
