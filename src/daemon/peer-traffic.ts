/** What goes between this repmgrd and the others: its listener, its connections to them, messages in their order. */
import { tlsFilesOf } from '../api/certificates.ts';
import { openPeerConnections, type PeerConnections } from '../api/peer-connections.ts';
import type { RelayedEvent } from '../api/metadata-fetching.ts';
import type { PageSource } from '../api/pages.ts';
import { type ApiServer, startApiServer } from '../api/server.ts';
import type { WalAnswer, WalRequest } from '../api/wal-request.ts';
import type { Config } from '../config/resolve.ts';
import { RepmgrError } from '../errors.ts';
import type { Message } from '../failover/messages.ts';
import { limits } from '../limits.ts';
import type { ClusterSecrets } from '../model/cluster-secrets.ts';
import type { NodeId } from '../model/node.ts';
import { waitUntil } from '../system/clock.ts';
import { Admissions, type AdmissionsOptions } from './admissions.ts';
import type { ClusterFacts } from './cluster-facts.ts';
import { Inbox, type InboxOptions } from './inbox.ts';
import { readMonotonicMs } from './instant.ts';
import { peerAddresses } from './peer-addresses.ts';
import type { PeerNotes } from './peer-notes.ts';
import { readWalTail } from './perform/wal-tail.ts';
import type { ReportedEvent } from './report/reported-event.ts';
import type { StartedFrom } from './started-from.ts';
import { SecretSearch } from './secret-search.ts';
import { refuseTwin } from './twin.ts';

export interface PeerTrafficOptions extends InboxOptions {
  readonly from: StartedFrom;
  readonly config: () => Config;
  readonly facts: () => ClusterFacts;
  readonly notes: PeerNotes;
  readonly presentPrimary: AdmissionsOptions['presentPrimary'];
  readonly addresses: AdmissionsOptions['addresses'];
  readonly leader: () => NodeId | null;
  readonly reread: AdmissionsOptions['reread'];
  readonly noteSecrets: (secrets: ClusterSecrets) => void;
  readonly report: (event: ReportedEvent) => void;
}

export class PeerTraffic {
  readonly admissions: Admissions;
  readonly #options: PeerTrafficOptions;
  readonly #peers: PeerConnections;
  readonly #inbox: Inbox;
  readonly #ending = new AbortController();
  #api: ApiServer | undefined;
  #sharedVersion: number;

  constructor(options: PeerTrafficOptions) {
    const { from, config, facts } = options;
    const { signal } = this.#ending;
    const search = new SecretSearch({ ...options, self: from.self, log: from.log, signal });
    this.#sharedVersion = facts().secretVersion;
    this.#options = options;
    this.admissions = new Admissions({ ...options, kept: from.stateFile, log: from.log });
    this.#inbox = new Inbox(options);
    this.#peers = openPeerConnections({
      identity: () => this.#identity(),
      secrets: facts,
      onUnknownSecret: () => search.begin(),
      tls: () => tlsFilesOf(config()),
      peers: peerAddresses(facts(), from.self),
      log: from.log,
      signal,
    });
  }

  /**
   * Where nobody knows the host in `api_listen` it listens as soon as somebody does.
   * @throws RepmgrError daemon_runs_already, api_address_unusable or api_certificate_unusable
   */
  async listen(pages: PageSource): Promise<void> {
    const { from, config, facts } = this.#options;
    const { self } = from;
    const { clusterName, apiAdvertise } = config();
    const recorded = facts().addresses.flatMap(([id, address]) => (id === self ? [address] : []));
    await refuseTwin({
      self,
      clusterName,
      addresses: [apiAdvertise, ...recorded],
      tls: tlsFilesOf(config()),
      signal: this.#ending.signal,
    });
    try {
      await this.#open(pages);
    } catch (error) {
      if (!(error instanceof RepmgrError) || error.code !== 'api_name_unresolved') throw error;
      void this.#openLater(pages, error);
    }
  }

  /** @throws RepmgrError as `startApiServer` */
  async #open(pages: PageSource): Promise<void> {
    const { from, config, facts, notes, reread, noteSecrets, report } = this.#options;
    const { bootNonce, place, isWitness, log } = from;
    this.#api = await startApiServer({
      listen: config().apiListen,
      tls: tlsFilesOf(config()),
      identity: () => this.#identity(),
      secrets: () => facts().secrets,
      isKnownNode: (id) => facts().nodes.some((node) => node.id === id),
      lookAgain: reread,
      onRefused: (details) => report({ name: 'repmgrd_peer_refused', isSuccessful: false, details }),
      bootNonce,
      onMessage: (sender, message) => {
        notes.noteReceived(sender, message, readMonotonicMs());
        this.#peers.noteHeard(sender);
        this.#inbox.receive(sender, message);
      },
      onSecrets: noteSecrets,
      readWal: async (request) =>
        isWitness ? { kind: 'refused', reason: 'a witness has no WAL' } : await readWalTail(request, place),
      tellMetadata: async (sender, request) => await this.admissions.tellMetadata(sender, request),
      onAdmission: async (request, isSignedBy) => await this.admissions.admit(request, isSignedBy),
      ...pages,
      log,
      signal: this.#ending.signal,
    });
    log.info(`listening for the other nodes at ${this.#api.address}`);
  }

  /** Tells what keeps it from listening, and tells it again only where that becomes something else. */
  async #openLater(pages: PageSource, first: RepmgrError): Promise<void> {
    const { log } = this.#options.from;
    let told = first.message;
    log.error(first.message, first);
    const tryAgain = async (): Promise<true | undefined> => {
      try {
        await this.#open(pages);
        return true;
      } catch (error) {
        if (!(error instanceof RepmgrError)) throw error;
        if (error.message !== told) log.error(error.message, error);
        told = error.message;
        return undefined;
      }
    };
    const { signal } = this.#ending;
    const wait = {
      deadlineMs: Number.POSITIVE_INFINITY,
      intervalMs: limits.listenLookupMs,
      signal,
    };
    const listens = await waitUntil(tryAgain, wait).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
    if (listens === true) log.notice(`repmgrd listens at ${this.#options.config().apiListen} by now`);
  }

  send(to: NodeId, message: Message): void {
    this.#options.notes.noteSent();
    this.#peers.send(to, message);
  }

  async fetchWal(from: NodeId, request: WalRequest, signal: AbortSignal): Promise<WalAnswer> {
    return await this.#peers.fetchWal(from, request, signal);
  }

  /** @throws Error whose message tells in words why there is no answer */
  async fetchMetadata(from: NodeId, signal: AbortSignal): Promise<string> {
    const { apiAdvertise: address } = this.#options.config();
    return await this.#peers.fetchMetadata(from, { address, events: [] }, signal);
  }

  /**
   * Has the leader write events into the metadata.
   * @throws Error, where it cannot, or none is known
   */
  async relay(events: readonly RelayedEvent[]): Promise<void> {
    const { config, leader } = this.#options;
    const { apiAdvertise: address } = config();
    const to = leader();
    if (to === null) throw new Error('no leader is known');
    await this.#peers.fetchMetadata(to, { address, events }, this.#ending.signal);
  }

  takeFacts(facts: ClusterFacts): void {
    this.#peers.setPeers(peerAddresses(facts, this.#options.from.self));
    if (facts.secretVersion === this.#sharedVersion) return;
    this.#sharedVersion = facts.secretVersion;
    this.#peers.shareSecrets();
  }

  /** Reads certificate files again. @throws RepmgrError api_certificate_unusable */
  async reload(): Promise<void> {
    const tls = tlsFilesOf(this.#options.config());
    if (tls !== undefined) await this.#api?.renewCertificates(tls);
  }

  async close(): Promise<void> {
    this.#ending.abort();
    this.#peers.close();
    await this.#api?.close();
  }

  #identity() {
    const { from, facts } = this.#options;
    const { self, config } = from;
    return { self, clusterName: config.clusterName, systemIdentifier: facts().systemIdentifier };
  }
}
