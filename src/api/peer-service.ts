/** What all connections that other repmgrds open to one listener share. */
import type { Message } from '../failover/messages.ts';
import type { Logger } from '../log/logger.ts';
import type { ClusterSecrets } from '../model/cluster-secrets.ts';
import type { NodeId } from '../model/node.ts';
import type { PeerIdentity } from './identity.ts';
import type { MetadataRequest } from './metadata-fetching.ts';
import type { NodeClaims } from './node-claims.ts';
import type { ProtocolVersions } from './protocol.ts';
import type { Refusals } from './refusals.ts';
import type { WalAnswer, WalRequest } from './wal-request.ts';

export interface PeerService {
  readonly identity: () => PeerIdentity;
  readonly secrets: () => readonly string[];
  readonly isKnownNode: (id: NodeId) => boolean;
  /** Reads the metadata once more: a node that is not known may have been registered just now. */
  readonly lookAgain: () => Promise<unknown>;
  readonly onMessage: (from: NodeId, message: Message) => void;
  readonly onSecrets: (secrets: ClusterSecrets) => void;
  readonly readWal: (request: WalRequest, signal: AbortSignal) => Promise<WalAnswer>;
  /** What this node knows of the cluster, as text. @throws Error, where events cannot be kept */
  readonly tellMetadata: (from: NodeId, request: MetadataRequest) => Promise<string>;
  readonly versions: ProtocolVersions;
  readonly refusals: Refusals;
  readonly claims: NodeClaims;
  readonly log: Logger;
}
