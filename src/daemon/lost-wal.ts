/**
 * Finds out why a standby does not stream: where its upstream has removed WAL that it needs, it never will by itself.
 * SQL does not show what a WAL receiver was told, so the upstream is asked for the oldest WAL that it has.
 */
import { join } from 'node:path';
import { ownCommand } from '../cluster/own-command.ts';
import type { Config } from '../config/resolve.ts';
import { RepmgrError } from '../errors.ts';
import type { State } from '../failover/state.ts';
import { limits } from '../limits.ts';
import type { Logger } from '../log/logger.ts';
import { formatLsn, type Lsn } from '../model/lsn.ts';
import type { NodeId, NodeRecord } from '../model/node.ts';
import { connect } from '../postgres/connection.ts';
import type { KnownAddresses } from '../postgres/known-addresses.ts';
import { oldestWal } from '../postgres/queries/oldest-wal.ts';
import { segmentBytesIn } from '../postgres/wal-tail.ts';
import { quoteForShell } from '../system/shell.ts';
import type { ClusterFacts } from './cluster-facts.ts';
import type { ServerPlace } from './observe/server-place.ts';
import type { ReportedEvent } from './report/reported-event.ts';

export interface LostWalOptions {
  readonly self: NodeId;
  readonly place: ServerPlace;
  readonly config: () => Config;
  readonly facts: () => Pick<ClusterFacts, 'nodes'>;
  readonly state: () => State;
  readonly addresses: KnownAddresses;
  readonly report: (event: ReportedEvent) => void;
  readonly log: Logger;
}

export class LostWal {
  readonly #options: LostWalOptions;
  /** Where the WAL ended at the last look, when nothing streamed in; null: it did. */
  #stoodAt: Lsn | null = null;
  /** What was told, until WAL streams in again. */
  #told = '';

  constructor(options: LostWalOptions) {
    this.#options = options;
  }

  /** Looks; to be called every few seconds. Never throws. */
  async run(): Promise<void> {
    const needed = neededWal(this.#options.state());
    const hasStood = needed !== null && needed === this.#stoodAt;
    this.#stoodAt = needed;
    if (needed === null) this.#told = '';
    if (!hasStood) return;
    const upstream = this.#upstream();
    if (upstream === undefined) return;
    try {
      await this.#ask(upstream, needed);
    } catch (error) {
      if (!(error instanceof RepmgrError)) throw error;
      const detail = error.message;
      this.#options.log.debug(`node ${upstream.id} could not be asked for the WAL that it has`, { detail });
    }
  }

  async #ask(upstream: NodeRecord, needed: Lsn): Promise<void> {
    const { place, addresses } = this.#options;
    const segmentBytes = await segmentBytesIn(
      join(place.dataDirectory, place.version.capabilities.walNames.directory),
    );
    if (segmentBytes === undefined) return;
    const patience = { deadlineMs: limits.primaryConnectMs };
    const connection = await connect(addresses.addressed(upstream.conninfo), patience);
    try {
      const oldest = await oldestWal(connection, segmentBytes, patience);
      if (oldest !== undefined && oldest > needed) this.#tell(upstream, needed, oldest, connection);
    } finally {
      await connection.close();
    }
  }

  #tell(
    { id, name }: NodeRecord,
    needed: Lsn,
    oldest: Lsn,
    { host, port }: { readonly host: string; readonly port: number },
  ): void {
    const { config, place, log, report } = this.#options;
    const told = `${id} ${needed}`;
    if (this.#told === told) return;
    this.#told = told;
    const message = `this standby needs WAL from ${formatLsn(needed)} on, which node "${name}" (ID: ${id}) has removed`;
    const directory = quoteForShell(place.dataDirectory);
    const command = ownCommand(
      config(),
      `-h ${quoteForShell(host)} -p ${port} -D ${directory} --force standby clone`,
    );
    log.error(message, {
      detail: `The oldest WAL there begins at ${formatLsn(oldest)}; without an archive this standby never catches up.`,
      hint: `Stop PostgreSQL here, and clone it again: ${command}`,
    });
    const details = `${message}; clone it again: ${command}`;
    report({ name: 'repmgrd_wal_lost', isSuccessful: false, details, related: id });
  }

  #upstream(): NodeRecord | undefined {
    const { facts, self, state } = this.#options;
    const { nodes } = facts();
    const { durable, metadata } = state();
    const recorded = nodes.find(({ id }) => id === self)?.upstreamNodeId;
    const id = recorded ?? durable.leader?.node ?? metadata.primary;
    return nodes.find((node) => node.id === id && node.id !== self && node.conninfo !== '');
  }
}

/** Pure: where the WAL of a standby ends that runs, should stream, and does not; null: nothing is missing. */
export function neededWal({ server, durable }: State): Lsn | null {
  const isStandby = server?.condition === 'running' && server.isInRecovery === true;
  const isKeptAway = durable.frozen !== null || durable.hasStrayed || durable.isRejoining;
  if (!isStandby || isKeptAway || server.primaryConninfo === '') return null;
  const streams = server.receiver !== null && server.receiver.upstream !== null;
  return streams || server.endOfWal === null ? null : (BigInt(server.endOfWal) as Lsn);
}
