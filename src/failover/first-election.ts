/** Elections of a cluster that never had a leader: usual where no repmgrd runs beside the primary (rule 16). */
import { candidacyOf } from './candidacy.ts';
import { firstRecord } from './first-record.ts';
import { isWritable } from './own-wal.ts';
import type { Canvassing, Follower, State } from './state.ts';
import { explain, store, type Turn } from './turn.ts';

/** The standbys wait for the primary's repmgrd first; who lost a state file waits for a leader. */
export function firstElectionAt(state: State, role: Follower): number {
  const { durable, metadata, settings, lifeBegunAt, lease } = state;
  const isFirst = !durable.hasLostState && metadata.namesTerm === false && metadata.primary !== settings.self;
  const isVoter = durable.record === null || candidacyOf(state).kind !== 'none';
  if (
    !isFirst ||
    !isVoter ||
    isWritable(state) ||
    settings.priority === 0 ||
    settings.failover === 'manual'
  ) {
    return Number.MAX_SAFE_INTEGER;
  }
  const leaseEnd = lease.kind === 'granted' && lease.holder !== settings.self ? lease.endsAt : 0;
  const silence = lifeBegunAt + Math.max(settings.leaseMs, settings.reconnectMs);
  return Math.max(leaseEnd, silence, role.electionNotBefore);
}

export function takeFirstRecord(turn: Turn): void {
  const { durable, metadata } = turn.state;
  if (durable.record === null) {
    explain(
      turn,
      16,
      'bootstrap',
      'no repmgrd was heard of beside the primary: the standbys go by the first record',
      {
        primary: metadata.primary,
      },
    );
    store(turn, { record: firstRecord(metadata.nodes) });
  }
}

/** The repmgrd beside the recorded primary answers: the first term is its own, once its server is up. */
export function isPrimarysTurn({ durable, metadata }: State, { answers, isByOperator }: Canvassing): boolean {
  return durable.leader === null && !isByOperator && answers.some(([node]) => node === metadata.primary);
}
