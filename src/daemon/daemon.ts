/** A repmgrd at work: the core, and all that it sees and does things by. Made by `startDaemon`, ended by `close`. */
import type { RelayedEvent } from '../api/metadata-fetching.ts';
import type { Config } from '../config/resolve.ts';
import type { Action } from '../failover/actions.ts';
import { isWritable } from '../failover/own-wal.ts';
import type { ClusterSecrets } from '../model/cluster-secrets.ts';
import type { Connection } from '../postgres/connection.ts';
import { mayChangeSynchronousNames } from '../postgres/queries/server.ts';
import { LivenessWriter } from './liveness-writer.ts';
import { Answers } from './answers.ts';
import type { ClusterFacts } from './cluster-facts.ts';
import { recordedMetadata } from './cluster-facts.ts';
import { Effects } from './effects.ts';
import { changesServer } from './action-queue.ts';
import { FailoverLoop, type StepTaken } from './failover-loop.ts';
import { FlushProbe } from './flush-probe.ts';
import { Housekeeping } from './housekeeping.ts';
import { readBootId, readClocks } from './instant.ts';
import { dismissDeparted } from './departures.ts';
import type { MetadataSource } from './metadata-source.ts';
import { noServer } from './observe/observation.ts';
import { ServerWatch } from './observe/server-watch.ts';
import { OperatorRequests } from './operator-requests.ts';
import { PeerNotes } from './peer-notes.ts';
import { PeerTraffic } from './peer-traffic.ts';
import type { ReportedEvent } from './report/reported-event.ts';
import { Reports } from './report/reports.ts';
import type { StartedFrom } from './started-from.ts';
import { UnguardedEnd } from './unguarded-end.ts';
import { isNewPrimary, WitnessCopy } from './witness-copy.ts';

export class Daemon {
  readonly answers: Answers;
  readonly #from: StartedFrom;
  readonly #metadata: MetadataSource;
  readonly #notes = new PeerNotes();
  readonly #loop: FailoverLoop;
  readonly #effects: Effects;
  readonly #reports: Reports;
  readonly #requests: OperatorRequests;
  readonly #unguardedEnd: UnguardedEnd;
  readonly traffic: PeerTraffic;
  readonly #watch: ServerWatch | undefined;
  readonly #flushProbe: FlushProbe;
  readonly #housekeeping: Housekeeping;
  readonly #liveness: LivenessWriter;
  readonly #witnessCopy: WitnessCopy | undefined;
  #config: Config;

  constructor(from: StartedFrom, metadata: MetadataSource) {
    const { config, self, log, stateFile, place } = from;
    this.#from = from;
    this.#config = config;
    this.#metadata = metadata;
    const known = {
      from,
      self,
      config: () => this.#config,
      facts: () => this.#facts,
      state: () => this.#loop.state,
      notes: this.#notes,
      addresses: from.addresses,
      own: async () => await this.#effects.controlConnection(),
      primary: async () => await this.#reports.primary(),
      presentPrimary: () => this.#reports.presentPrimary(),
      relay: async (events: readonly RelayedEvent[]) => await this.traffic.relay(events),
      leader: () => this.answers.leader,
      report: (event: ReportedEvent) => this.#reports.event(event),
      recordLeadership: (term: number) => this.#doNow({ kind: 'writeMetadata', term }),
      reread: async () => await this.#metadata.read(),
      noteSecrets: (secrets: ClusterSecrets) => this.#metadata.noteSecrets(secrets),
      log,
    };
    this.#requests = new OperatorRequests((requestId, request) =>
      this.#loop.handle({ kind: 'operatorRequested', requestId, request }),
    );
    this.#unguardedEnd = new UnguardedEnd({ ...known, requests: this.#requests });
    this.#reports = new Reports(known);
    this.answers = new Answers({
      ...known,
      decisions: () => this.#reports.decisions,
      requests: this.#requests,
      isClosedStandby: () => this.#watch?.isClosedStandby ?? false,
      invite: async (lifetimeMs) => await this.traffic.admissions.invite(lifetimeMs),
    });
    this.traffic = new PeerTraffic({
      ...known,
      // What streams in moves on between two looks; the rest stays as it was seen.
      needsLook: () => this.#loop.state.server?.condition === 'running' && !isWritable(this.#loop.state),
      look: async () => await this.#watch?.look(),
      deliver: (sender, message) => this.#loop.handle({ kind: 'messageReceived', from: sender, message }),
    });
    this.#effects = new Effects({
      ...known,
      record: () => this.#loop.state.durable.record,
      fetchWal: async (peer, request, signal) => await this.traffic.fetchWal(peer, request, signal),
    });
    this.#loop = new FailoverLoop({
      settings: from.settings,
      now: readClocks,
      random: Math.random,
      guardedUntil: () => this.#effects.guardContactUntil(),
      persist: async (durable) => await stateFile.persist(durable),
      perform: async (action, signal) => {
        const result = await this.#effects.perform(action, signal);
        if (changesServer(action)) void this.#watch?.look();
        return result;
      },
      doNow: (action) => this.#doNow(action),
      onStep: (taken) => this.#onStep(taken),
    });
    this.#watch = from.isWitness
      ? undefined
      : new ServerWatch({
          self,
          place,
          walEnd: this.#effects.walEnd,
          conninfo: () => from.addresses.addressed(this.#config.conninfo),
          nodes: () => this.#facts.nodes,
          intervalMs: () => this.#config.heartbeatIntervalMs,
          hangMs: () => this.#loop.state.settings.reconnectMs,
          onObserved: (server) => this.#loop.handle({ kind: 'serverObserved', server }),
          onConnected: (connection) => void this.#onConnected(connection),
          log,
        });
    this.#witnessCopy = from.isWitness && config.conninfo !== '' ? new WitnessCopy(known) : undefined;
    this.#liveness = new LivenessWriter(known);
    this.#housekeeping = new Housekeeping({ ...known, safeStart: this.#effects.safeStart });
    this.#flushProbe = new FlushProbe({
      stallMs: () => this.#config.writeStallMs,
      isWritable: () => isWritable(this.#loop.state),
      connection: async () => await this.#effects.flushConnection(),
      onFlushed: (recordEnd) => this.#effects.walEnd.noteFlushed(recordEnd),
      onStall: (hasStalled) => this.#watch?.noteStall(hasStalled),
    });
  }

  /** @throws RepmgrError daemon_runs_already, api_address_unusable or api_certificate_unusable */
  async start(): Promise<void> {
    const { incarnation, durable, settings } = this.#from;
    await this.traffic.listen({
      view: () => this.answers.view(),
      decisions: () => this.#reports.decisions,
    });
    this.#loop.handle({
      kind: 'started',
      durable,
      bootId: readBootId(),
      incarnation,
      guardContactUntil: this.#effects.guardContactUntil(),
      settings,
      metadata: recordedMetadata(this.#facts),
    });
    if (this.#watch === undefined) this.#loop.handle({ kind: 'serverObserved', server: noServer });
    else await this.#watch.look();
    void this.#witnessCopy?.copy();
    this.#housekeeping.start();
    this.#liveness.start();
    this.#reports.event({ name: 'repmgrd_start', isSuccessful: true, details: 'repmgrd watches this node' });
  }

  /** The metadata have changed: nodes, addresses, the secret. */
  takeFacts(facts: ClusterFacts): void {
    const { stateFile, log } = this.#from;
    this.traffic.takeFacts(facts);
    stateFile.keepFacts(facts).catch((error: unknown) => {
      const detail = error instanceof Error ? error.message : String(error);
      log.error('the state file could not be written', { detail });
    });
    this.#loop.handle({ kind: 'metadataRead', metadata: recordedMetadata(facts) });
    dismissDeparted(this.#loop.state, facts, this.#requests);
    void this.#housekeeping.refreshAddresses();
  }

  /** A changed repmgr.conf. */
  async reload(config: Config, settings: StartedFrom['settings']): Promise<void> {
    this.#config = config;
    const { canHold } = this.#loop.state.settings;
    this.#loop.handle({ kind: 'settingsChanged', settings: { ...settings, canHold } });
    await this.traffic.reload();
    await this.#housekeeping.keepRegistration();
    const details = 'repmgr.conf was read again';
    this.#reports.event({ name: 'repmgrd_reload', isSuccessful: true, details });
  }

  /** Ends in good order: the guard stays, PostgreSQL is left as it is. @param failed why it could not start */
  async close(failed?: string): Promise<void> {
    await this.#unguardedEnd.pause();
    this.#loop.close();
    this.#flushProbe.close();
    this.#housekeeping.close();
    const details = failed ?? 'repmgrd was ended';
    this.#reports.event({ name: 'repmgrd_shutdown', isSuccessful: failed === undefined, details });
    await this.#reports.close();
    await Promise.allSettled([
      this.traffic.close(),
      this.#watch?.close(),
      this.#liveness.close(),
      this.#witnessCopy?.close(),
      this.#metadata.close(),
      this.#effects.close(),
      this.#from.recorder?.close(),
    ]);
  }

  get #facts(): ClusterFacts {
    return this.#metadata.facts;
  }

  #doNow(action: Exclude<Action, { readonly id: number } | { readonly kind: 'persist' | 'setTimer' }>): void {
    switch (action.kind) {
      case 'send':
        this.traffic.send(action.to, action.message);
        return;
      case 'answerOperator':
        this.#requests.answer(action.requestId, action);
        return;
      case 'recordEvent':
        this.#reports.coreEvent(action);
        return;
      case 'renewGuard':
      case 'endGuard':
        void this.#effects.performAside(action);
        return;
      case 'writeMetadata':
        void this.#effects.performAside(action).then(() => this.#metadata.read());
    }
  }

  /** The server is up. A setting of its command line beats all that is written for it. */
  async #onConnected(connection: Connection): Promise<void> {
    void this.#effects.prepare();
    const canHold = await mayChangeSynchronousNames(connection).catch(() => true);
    const { settings } = this.#loop.state;
    if (settings.canHold === canHold) return;
    this.#loop.handle({ kind: 'settingsChanged', settings: { ...settings, canHold } });
  }

  #onStep(taken: StepTaken): void {
    this.#from.recorder?.note(taken.event, taken.before);
    for (const explanation of taken.explanations) this.#notes.noteDecision(explanation);
    this.#reports.step(taken);
    this.#unguardedEnd.endPause();
    if (!isNewPrimary(taken)) return;
    void this.#witnessCopy?.copy();
    void this.#metadata.read();
    this.#housekeeping.keepSlotsSoon();
  }
}
