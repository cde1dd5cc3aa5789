/** Who talks, and which cluster it belongs to: what two repmgrds tell each other before any message. */
import type { NodeId } from '../model/node.ts';

export interface PeerIdentity {
  readonly self: NodeId;
  readonly clusterName: string;
  /** That of the cluster (for a witness: the primary's); null where it is not known yet. */
  readonly systemIdentifier: string | null;
}
