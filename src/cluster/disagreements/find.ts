/** Compares what the metadata says of a cluster with what its servers answered. Pure: no clock, no network. */
import { observedUpstreams } from '../observed-upstream.ts';
import type { NodeObservation } from '../survey.ts';
import { attachmentDisagreements } from './attachment.ts';
import type { Disagreement } from './disagreement.ts';
import { logicalSlotDisagreements } from './logical-slots.ts';
import { type OwnConfiguration, ownRowDisagreements } from './own-row.ts';
import { reachabilityDisagreements } from './reachability.ts';
import { roleDisagreements } from './roles.ts';
import { slotDisagreements } from './slots.ts';

/**
 * @param observations of all nodes of one cluster, from `surveyNodes()`
 * @param own what repmgr.conf says of the node that asks, where there is one
 * @returns what concerns the whole cluster first, then node by node in order of id; docs/cluster-show.md
 */
export function findDisagreements(
  observations: readonly NodeObservation[],
  own?: OwnConfiguration,
): Disagreement[] {
  const upstreams = observedUpstreams(observations);
  const found = [
    ...roleDisagreements(observations),
    ...ownRowDisagreements(observations, own),
    ...reachabilityDisagreements(observations),
    ...attachmentDisagreements(observations, upstreams),
    ...slotDisagreements(observations, upstreams),
    ...logicalSlotDisagreements(observations),
  ];
  return found.toSorted((a, b) => (a.nodeId ?? 0) - (b.nodeId ?? 0));
}
