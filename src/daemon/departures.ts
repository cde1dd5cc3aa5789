/** Voters whose row is gone: whoever is unregistered has no vote any more. */
import type { State } from '../failover/state.ts';
import type { NodeId } from '../model/node.ts';
import type { ClusterFacts } from './cluster-facts.ts';
import type { OperatorRequests } from './operator-requests.ts';

/**
 * Pure.
 * @returns whom the leader is to take out of the record; for others, and where nothing is known, nobody
 */
export function departedVoters(
  { role, durable, settings }: State,
  { nodes }: ClusterFacts,
): readonly NodeId[] {
  if (role.kind !== 'leader' || role.stage !== 'serving' || nodes.length === 0) return [];
  const voters = durable.record?.voters ?? [];
  return voters.filter((voter) => voter !== settings.self && !nodes.some(({ id }) => id === voter));
}

/** Returns at once: the record changes when a quorum has stored it. */
export function dismissDeparted(state: State, facts: ClusterFacts, requests: OperatorRequests): void {
  const nobodyWaits = new AbortController().signal;
  for (const node of departedVoters(state, facts)) void requests.ask({ kind: 'leave', node }, nobodyWaits);
}
