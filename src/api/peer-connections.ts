/** The connections of a repmgrd to all others: one to each, for its messages; one more for WAL when it is fetched. */
import { randomUUID } from 'node:crypto';
import { failure } from '../errors.ts';
import type { Message } from '../failover/messages.ts';
import type { Logger } from '../log/logger.ts';
import type { ClusterSecrets } from '../model/cluster-secrets.ts';
import type { NodeId } from '../model/node.ts';
import { readCertificates, type TlsFiles } from './certificates.ts';
import type { PeerIdentity } from './identity.ts';
import { AddressBook } from './lookup.ts';
import { fetchMetadataFrom, type MetadataRequest } from './metadata-fetching.ts';
import { PeerConnection } from './peer-connection.ts';
import type { PeerDialing } from './peer-dialing.ts';
import { type ProtocolVersions, protocolVersions } from './protocol.ts';
import { fetchWalFrom } from './wal-fetching.ts';
import type { WalAnswer, WalRequest } from './wal-request.ts';

export interface PeerConnectionsOptions {
  readonly identity: () => PeerIdentity;
  readonly secrets: () => ClusterSecrets;
  /** Another repmgrd knows none of them: there may be a newer one. */
  readonly onUnknownSecret: () => void;
  /** Asked whenever a connection is opened, so that renewed files are used; undefined: without TLS. */
  readonly tls: () => TlsFiles | undefined;
  /** HOST:PORT of each other repmgrd. */
  readonly peers: ReadonlyMap<NodeId, string>;
  /** For tests of how versions understand each other. */
  readonly versions?: ProtocolVersions;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

export interface PeerConnections {
  /** Never blocks and never throws. What cannot be said at once waits a second at most; to unknown nodes nothing is said. */
  send(to: NodeId, message: Message): void;
  /** @throws RepmgrError peer_unreachable, also while the bytes are read: believe them when all were read */
  fetchWal(from: NodeId, request: WalRequest, signal: AbortSignal): Promise<WalAnswer>;
  /**
   * What the repmgrd of another node knows of the cluster.
   * @throws Error whose message tells in words why there is no answer
   */
  fetchMetadata(from: NodeId, request: MetadataRequest, signal: AbortSignal): Promise<string>;
  /** To be called when a node has said something: it is tried at once where it was not reached. */
  noteHeard(from: NodeId): void;
  /** Opens connections to those that are new, and closes those to nodes that are gone or have moved. */
  setPeers(peers: ReadonlyMap<NodeId, string>): void;
  /** The secrets have changed: the others are told. */
  shareSecrets(): void;
  close(): void;
}

/** All connections are opened at once, and kept open, without anything to say too. */
export function openPeerConnections(options: PeerConnectionsOptions): PeerConnections {
  const { identity, secrets, onUnknownSecret, tls, versions = protocolVersions, log, signal } = options;
  const certificates = async () => {
    const files = tls();
    return files === undefined ? undefined : await readCertificates(files);
  };
  const dialing: PeerDialing = {
    identity,
    life: randomUUID(),
    secrets,
    onUnknownSecret,
    certificates,
    addresses: new AddressBook(),
    versions,
    log,
  };
  const connections = new Map<NodeId, PeerConnection>();
  const setPeers = (peers: ReadonlyMap<NodeId, string>): void => {
    for (const [id, connection] of connections) {
      if (peers.get(id) === connection.address) continue;
      connection.close();
      connections.delete(id);
    }
    for (const [id, address] of peers) {
      if (!connections.has(id)) connections.set(id, new PeerConnection(dialing, id, address));
    }
  };
  let written: { readonly message: Message; readonly body: string } | undefined;
  const bodyOf = (message: Message): string => {
    if (written?.message !== message) written = { message, body: JSON.stringify(message) };
    return written.body;
  };
  const close = (): void => setPeers(new Map());
  signal.addEventListener('abort', close, { once: true });
  setPeers(options.peers);
  return {
    send: (to, message) => connections.get(to)?.send(message, bodyOf(message)),
    noteHeard: (from) => connections.get(from)?.reopen(),
    fetchWal: async (from, request, fetchSignal) => {
      const address = connections.get(from)?.address;
      if (address !== undefined) {
        return await fetchWalFrom(dialing, { from, address, request, signal: fetchSignal });
      }
      throw failure('peer_unreachable', {
        message: `WAL cannot be fetched from node ${from}`,
        detail: 'The address of its repmgrd is not known.',
        hint: 'Set "api_advertise" in its repmgr.conf, and start its repmgrd.',
      });
    },
    fetchMetadata: async (from, request, fetchSignal) => {
      const address = connections.get(from)?.address;
      if (address === undefined) throw new Error('the address of its repmgrd is not known');
      return await fetchMetadataFrom(dialing, { from, address, request, signal: fetchSignal });
    },
    setPeers,
    shareSecrets: () => connections.forEach((connection) => connection.shareSecrets()),
    close,
  };
}
