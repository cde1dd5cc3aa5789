/**
 * Writes every few seconds, on a connection of its own, that this node was seen and how far it is; with monitoring
 * history a row of `repl_monitor` too. Whatever goes wrong here is told once and tried again.
 */
import { cleanHistory, inspectHistory } from '../cluster/clean-history.ts';
import { writeLiveness } from '../cluster/metadata/liveness.ts';
import type { Config } from '../config/resolve.ts';
import { RepmgrError } from '../errors.ts';
import type { State } from '../failover/state.ts';
import { limits } from '../limits.ts';
import type { Logger } from '../log/logger.ts';
import type { NodeId, NodeRecord } from '../model/node.ts';
import type { Connection } from '../postgres/connection.ts';
import type { KnownAddresses } from '../postgres/known-addresses.ts';
import { replayStatus } from '../postgres/queries/replay-status.ts';
import { monotonicMs } from '../system/clock.ts';
import type { ClusterFacts } from './cluster-facts.ts';
import { sampleOf, samplesOfWitnesses } from './liveness-sample.ts';
import type { PeerNotes } from './peer-notes.ts';
import { PrimaryConnection } from './primary-connection.ts';
import type { StartedFrom } from './started-from.ts';

export interface LivenessWriterOptions {
  readonly config: () => Config;
  readonly from: Pick<StartedFrom, 'recordsHistory' | 'signal'>;
  readonly self: NodeId;
  readonly state: () => State;
  readonly facts: () => ClusterFacts;
  readonly notes: PeerNotes;
  /** To the own server. @throws RepmgrError where it is down */
  readonly own: () => Promise<Connection>;
  readonly presentPrimary: () => NodeRecord | undefined;
  readonly addresses: KnownAddresses;
  readonly log: Logger;
}

export class LivenessWriter {
  readonly #options: LivenessWriterOptions;
  readonly #primary: PrimaryConnection;
  #timer: NodeJS.Timeout | undefined;
  #cleanedAtMs: number | undefined;
  #complaint = '';
  #isClosed = false;

  constructor(options: LivenessWriterOptions) {
    this.#options = options;
    this.#primary = new PrimaryConnection(options.presentPrimary, options.addresses);
  }

  start(): void {
    this.#schedule();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#primary.close();
  }

  #schedule(): void {
    if (!this.#isClosed) this.#timer = setTimeout(() => void this.#round(), this.#intervalMs());
  }

  /** Without history nobody needs to know every second. */
  #intervalMs(): number {
    const { monitorIntervalMs } = this.#options.config();
    const intervalMs = Math.max(limits.livenessMs, monitorIntervalMs);
    return this.#hasHistory() ? intervalMs : Math.max(limits.livenessWithoutHistoryMs, intervalMs);
  }

  #hasHistory(): boolean {
    const { from, config } = this.#options;
    return from.recordsHistory || config().monitoringHistory;
  }

  async #round(): Promise<void> {
    try {
      await this.#write();
      await this.#cleanNowAndThen();
      this.#complaint = '';
    } catch (error) {
      if (!(error instanceof RepmgrError)) throw error;
      if (this.#complaint !== error.code) {
        this.#options.log.info(`what monitoring wants to know could not be written: ${error.message}`);
      }
      this.#complaint = error.code;
    } finally {
      this.#schedule();
    }
  }

  async #write(): Promise<void> {
    const { config, self, state, own, facts, notes } = this.#options;
    const { clusterName, conninfo } = config();
    // The leader writes for a witness without PostgreSQL.
    if (conninfo === '') return;
    const now = state();
    const isStandby = now.server?.isInRecovery === true;
    const status = isStandby
      ? await replayStatus(await own(), { deadlineMs: limits.livenessAnswerMs })
      : undefined;
    const connection = await this.#primary.get();
    const patience = { deadlineMs: limits.livenessAnswerMs };
    const samples = [sampleOf(now, self, status), ...samplesOfWitnesses(now, facts(), notes)];
    for (const sample of samples) {
      await writeLiveness(connection, clusterName, sample, this.#hasHistory(), patience);
    }
  }

  /** The primary's repmgrd deletes what is older than monitoring_history_keep_days. */
  async #cleanNowAndThen(): Promise<void> {
    const { config, state, log, from } = this.#options;
    const { signal } = from;
    const keepDays = config().monitoringHistoryKeepDays;
    const before = this.#cleanedAtMs;
    const isDue = before === undefined || monotonicMs() - before >= limits.historyCleanupMs;
    if (keepDays === 0 || state().role.kind !== 'leader' || !isDue) return;
    this.#cleanedAtMs = monotonicMs();
    const connection = await this.#primary.get();
    const facts = await inspectHistory(connection, config().clusterName, { keepDays, nodeId: undefined });
    const deleted = await cleanHistory(connection, config().clusterName, facts, { log, signal });
    if (deleted > 0)
      log.info(`${deleted} rows of monitoring history older than ${keepDays} days were deleted`);
  }
}
