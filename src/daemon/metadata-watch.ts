/**
 * Reads the metadata from the own server every few seconds, on a connection of its own, and tells what changed. What
 * cannot be read is what it was.
 */
import { type MetadataFacts, readMetadataFacts } from '../cluster/metadata/facts.ts';
import { hasOwnTables, requireSchema } from '../cluster/metadata/schema.ts';
import { RepmgrError } from '../errors.ts';
import { limits } from '../limits.ts';
import type { Logger } from '../log/logger.ts';
import { type ClusterSecrets, newerSecrets } from '../model/cluster-secrets.ts';
import type { Conninfo } from '../model/conninfo.ts';
import { connect, type Connection } from '../postgres/connection.ts';
import type { ClusterFacts } from './cluster-facts.ts';

export interface MetadataWatchOptions {
  readonly conninfo: () => Conninfo;
  readonly clusterName: string;
  readonly intervalMs: () => number;
  readonly facts: ClusterFacts;
  readonly onChanged: (facts: ClusterFacts) => void;
  readonly log: Logger;
}

export class MetadataWatch {
  readonly #options: MetadataWatchOptions;
  #facts: ClusterFacts;
  #connection: Connection | undefined;
  #hasOwnTables = false;
  #reading: Promise<boolean> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #complaint = '';
  #isClosed = false;

  constructor(options: MetadataWatchOptions) {
    this.#options = options;
    this.#facts = options.facts;
  }

  get facts(): ClusterFacts {
    return this.#facts;
  }

  /** What the metadata do not tell, kept with what they do. */
  noteDataDirectory(dataDirectory: string): void {
    this.#facts = { ...this.#facts, dataDirectory };
  }

  noteSecrets(secrets: ClusterSecrets): void {
    this.#take({ ...this.#facts, ...newerSecrets(this.#facts, secrets) });
  }

  /** Reads now. Never throws. @returns whether the metadata could be read */
  async read(): Promise<boolean> {
    this.#reading ??= this.#readOnce().finally(() => {
      this.#reading = undefined;
      this.#schedule();
    });
    return await this.#reading;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#connection?.close();
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    // Closed while it was read: the connection may have come about since.
    if (this.#isClosed) void this.#connection?.close();
    else this.#timer = setTimeout(() => void this.read(), this.#options.intervalMs());
  }

  async #readOnce(): Promise<boolean> {
    try {
      const connection = await this.#open();
      const { clusterName } = this.#options;
      const patience = { deadlineMs: limits.ownServerAnswerMs };
      const found = await readMetadataFacts(connection, clusterName, this.#hasOwnTables, patience);
      // A schema of repmgr 3 may have been completed meanwhile.
      if (!this.#hasOwnTables) await this.#lookAtSchema(connection);
      this.#complaint = '';
      this.#take(factsOf(this.#facts, found));
      return true;
    } catch (error) {
      this.#complain(error);
      void this.#connection?.close();
      this.#connection = undefined;
      return false;
    }
  }

  async #open(): Promise<Connection> {
    if (this.#connection !== undefined) return this.#connection;
    const connection = await connect(this.#options.conninfo(), { deadlineMs: limits.ownServerAnswerMs });
    this.#connection = connection;
    connection.whenLost(() => {
      if (this.#connection === connection) this.#connection = undefined;
    });
    await this.#lookAtSchema(connection);
    return connection;
  }

  async #lookAtSchema(connection: Connection): Promise<void> {
    this.#hasOwnTables = hasOwnTables(await requireSchema(connection, this.#options.clusterName));
  }

  #take(facts: ClusterFacts): void {
    if (this.#isClosed || JSON.stringify(facts) === JSON.stringify(this.#facts)) return;
    this.#facts = facts;
    this.#options.onChanged(facts);
  }

  #complain(error: unknown): void {
    if (!(error instanceof RepmgrError)) throw error;
    if (this.#complaint === error.message) return;
    this.#complaint = error.message;
    // A server that is down is told of by whoever watches it.
    const isOutage = error.code === 'connection_failed' || error.code === 'connection_lost';
    this.#options.log.log(
      isOutage ? 'INFO' : 'ERROR',
      `the metadata cannot be read: ${error.message}`,
      error,
    );
  }
}

function factsOf(before: ClusterFacts, found: MetadataFacts): ClusterFacts {
  const { nodes, addresses, cluster } = found;
  return {
    ...before,
    nodes,
    addresses,
    namesTerm: (cluster?.term ?? 0) > 0,
    systemIdentifier: cluster?.systemIdentifier ?? before.systemIdentifier,
    ...newerSecrets(before, cluster ?? before),
  };
}
