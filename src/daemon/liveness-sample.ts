/** What a repmgrd writes of its node for those who monitor the cluster. Pure. */
import type { LivenessSample } from '../cluster/metadata/liveness.ts';
import type { State } from '../failover/state.ts';
import { isWitness } from '../failover/own-wal.ts';
import type { NodeId } from '../model/node.ts';
import type { ReplayStatus } from '../postgres/queries/replay-status.ts';
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
