/**
 * Writes events to the primary's metadata and runs the notification commands, one after the other, never in the way of
 * a failover. While no primary is there the commands run at once and the rows wait.
 */
import type { RelayedEvent } from '../../api/metadata-fetching.ts';
import { insertEvent } from '../../cluster/metadata/events.ts';
import { type RelatedNode, runNotificationCommands } from '../../cluster/notification-commands.ts';
import { localTimestamp } from '../../cluster/record-event.ts';
import type { Config } from '../../config/resolve.ts';
import { limits } from '../../limits.ts';
import type { Logger } from '../../log/logger.ts';
import { redactConninfo } from '../../model/conninfo.ts';
import type { NodeId } from '../../model/node.ts';
import type { Connection } from '../../postgres/connection.ts';
import type { ReportedEvent } from './reported-event.ts';

export interface EventReporterOptions {
  readonly config: () => Config;
  readonly self: NodeId;
  /** To the present primary, kept open by its owner. @throws RepmgrError where there is none */
  readonly primary: () => Promise<Connection>;
  /** Of a node that has no access to the primary: has the leader write them. @throws Error, where it cannot */
  readonly relay: ((events: readonly RelayedEvent[]) => Promise<void>) | undefined;
  readonly related: (node: NodeId) => RelatedNode | undefined;
  readonly log: Logger;
}

interface WaitingRow {
  readonly event: ReportedEvent;
  readonly at: Date;
}

export class EventReporter {
  readonly #options: EventReporterOptions;
  /** When each was reported last: the same refusal may come several times a second. */
  readonly #reported = new Map<string, number>();
  #rows: Promise<void> = Promise.resolve();
  #commands: Promise<void> = Promise.resolve();
  #waiting: WaitingRow[] = [];
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: EventReporterOptions) {
    this.#options = options;
  }

  /** Returns at once. */
  report(event: ReportedEvent): void {
    const at = new Date();
    const key = JSON.stringify(event);
    if (at.getTime() - (this.#reported.get(key) ?? 0) < limits.eventRepeatMs) return;
    if (this.#reported.size >= limits.decisionsKept) this.#reported.clear();
    this.#reported.set(key, at.getTime());
    this.#rows = this.#rows.then(() => this.#handle({ event, at }));
  }

  /** Waits a moment for what is on its way; what no primary could take is gone then. */
  async close(): Promise<void> {
    // A later try would open a connection that nobody closes any more.
    this.#isClosed = true;
    clearTimeout(this.#timer);
    let timer: NodeJS.Timeout | undefined;
    const tooLong = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, limits.closeMs);
    });
    await Promise.race([this.#rows.then(() => this.#commands), tooLong]);
    clearTimeout(timer);
  }

  async #handle(row: WaitingRow): Promise<void> {
    const timestamp = await this.#write(row);
    this.#notify(row, timestamp ?? localTimestamp(row.at));
  }

  /** Rows are written in their order: those that wait come first. */
  async #write(row: WaitingRow): Promise<string | undefined> {
    this.#waiting.push(row);
    if (this.#waiting.length > limits.eventsWaiting) this.#waiting.shift();
    return await this.#writeWaiting();
  }

  /** @returns the time that the database gave to the last one */
  async #writeWaiting(): Promise<string | undefined> {
    let timestamp: string | undefined;
    try {
      const { relay, primary } = this.#options;
      if (relay !== undefined) await this.#relayWaiting(relay);
      const connection = this.#waiting.length === 0 ? undefined : await primary();
      for (let row = this.#waiting[0]; row !== undefined && connection; row = this.#waiting[0]) {
        timestamp = await this.#insert(connection, row);
        this.#waiting.shift();
      }
    } catch (error) {
      timestamp = undefined;
      this.#options.log.debug('events wait for a primary', {
        detail: redactConninfo(error instanceof Error ? error.message : String(error)),
      });
    }
    if (this.#waiting.length > 0) this.#tryLater();
    return timestamp;
  }

  async #relayWaiting(relay: (events: readonly RelayedEvent[]) => Promise<void>): Promise<void> {
    while (this.#waiting.length > 0) {
      const some = this.#waiting.slice(0, limits.eventsRelayed);
      await relay(
        some.map(({ event: { name, isSuccessful, details }, at }) => ({
          ...{ name, isSuccessful, atMs: at.getTime() },
          details: redactConninfo(details).slice(0, limits.relayedDetails),
        })),
      );
      this.#waiting = this.#waiting.filter((row) => !some.includes(row));
    }
  }

  async #insert(connection: Connection, { event, at }: WaitingRow): Promise<string | undefined> {
    const { config, self: nodeId } = this.#options;
    const isLate = Date.now() - at.getTime() > limits.eventLateMs;
    const details = redactConninfo(event.details);
    const { name, isSuccessful } = event;
    const row = { nodeId, name, isSuccessful, details, ...(isLate ? { happenedAt: at } : {}) };
    return await insertEvent(connection, config().clusterName, row);
  }

  #tryLater(): void {
    if (this.#isClosed) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#rows = this.#rows.then(async () => {
        await this.#writeWaiting();
      });
    }, limits.eventRetryMs);
  }

  #notify({ event }: WaitingRow, timestamp: string): void {
    const { config, self: nodeId, related, log } = this.#options;
    const node = event.related === undefined ? undefined : related(event.related);
    const details = redactConninfo(event.details);
    const notification = { ...event, nodeId, details, timestamp, related: node };
    this.#commands = this.#commands.then(() =>
      runNotificationCommands(config().eventNotificationCommands, notification, log),
    );
  }
}
