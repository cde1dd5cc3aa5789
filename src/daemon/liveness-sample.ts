/** What a repmgrd writes of its node for those who monitor the cluster. Pure. */
import type { LivenessSample } from '../cluster/metadata/liveness.ts';
import type { State } from '../failover/state.ts';
import { isWitness } from '../failover/own-wal.ts';
import type { NodeId } from '../model/node.ts';
import type { ReplayStatus } from '../postgres/queries/replay-status.ts';
import type { ClusterFacts } from './cluster-facts.ts';
import type { PeerNotes } from './peer-notes.ts';
import { programVersion } from './program-version.ts';

/** @param status of a standby whose server answers */
export function sampleOf(state: State, self: NodeId, status: ReplayStatus | undefined): LivenessSample {
  const { server, durable, metadata } = state;
  const isPrimary = server?.isInRecovery === false;
  const role = isWitness(state) ? 'witness' : isPrimary ? 'primary' : 'standby';
  const primary = durable.leader?.node ?? metadata.primary;
  const hasRow =
    !isPrimary && primary !== null && primary !== self && (status !== undefined || role === 'witness');
  return {
    node: self,
    state: server?.condition ?? 'unknown',
    role,
    timelineId: server?.timeline?.at(-1)?.timelineId,
    daemonVersion: programVersion,
    standby: hasRow
      ? {
          primary,
          time: status?.now ?? new Date().toISOString(),
          lastCommitAt: status?.lastCommitAt,
          receivedLsn: status?.receivedLsn,
          replayedLsn: status?.replayedLsn,
        }
      : undefined,
  };
}

/**
 * What a leader writes of witnesses that have no PostgreSQL, and so no role on the primary: that they were heard.
 * @returns nothing for others than the leader, and of those that were not heard for a lease
 */
export function samplesOfWitnesses(
  { role, settings, now }: State,
  { nodes }: ClusterFacts,
  notes: Pick<PeerNotes, 'of'>,
): readonly LivenessSample[] {
  if (role.kind !== 'leader') return [];
  const isHeard = (id: NodeId): boolean => {
    const heardAt = notes.of(id)?.heardAt;
    return heardAt !== undefined && now.monotonicMs - heardAt < settings.leaseMs;
  };
  return nodes
    .filter(({ id, role: kind, conninfo }) => kind === 'witness' && conninfo === '' && isHeard(id))
    .map(({ id }) => ({
      node: id,
      state: 'none',
      role: 'witness',
      timelineId: undefined,
      daemonVersion: undefined,
      standby: {
        primary: settings.self,
        time: new Date().toISOString(),
        lastCommitAt: undefined,
        receivedLsn: undefined,
        replayedLsn: undefined,
      },
    }));
}
