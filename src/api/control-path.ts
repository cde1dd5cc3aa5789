/** Where the control socket of a node's repmgrd is. */
import { join } from 'node:path';
import type { NodeId } from '../model/node.ts';

/** Beside the state file: `CLUSTER-NODEID.sock`, the cluster percent-encoded. */
export function controlSocketPath(stateDirectory: string, cluster: string, node: NodeId): string {
  return join(stateDirectory, `${encodeURIComponent(cluster)}-${node}.sock`);
}
