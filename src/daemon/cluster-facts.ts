/** The part of what a repmgrd knows of its cluster that the core decides by. Pure. */
import type { ClusterFacts } from '../cluster/cluster-facts.ts';
import type { RecordedMetadata } from '../failover/settings.ts';
import { registeredNode } from './settings.ts';

export { type ClusterFacts, noFacts } from '../cluster/cluster-facts.ts';

export function recordedMetadata({ nodes, namesTerm }: ClusterFacts): RecordedMetadata {
  const primary = nodes.find(({ role, isActive }) => role === 'primary' && isActive);
  return { nodes: nodes.map(registeredNode), primary: primary?.id ?? null, namesTerm };
}
