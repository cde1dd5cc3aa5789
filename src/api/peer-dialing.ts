/** What the connections of a repmgrd to all others share. */
import type { Logger } from '../log/logger.ts';
import type { ClusterSecrets } from '../model/cluster-secrets.ts';
import type { Certificates } from './certificates.ts';
import type { PeerIdentity } from './identity.ts';
import type { AddressBook } from './lookup.ts';
import type { ProtocolVersions } from './protocol.ts';

export interface PeerDialing {
  readonly identity: () => PeerIdentity;
  /** Unlike that of any earlier start of this node's repmgrd. */
  readonly life: string;
  /** The further ones are tried where the other node does not know the first. */
  readonly secrets: () => ClusterSecrets;
  readonly onUnknownSecret: () => void;
  readonly certificates: () => Promise<Certificates | undefined>;
  readonly addresses: AddressBook;
  readonly versions: ProtocolVersions;
  readonly log: Logger;
}
