/**
 * Events about the upstream: WAL streams in from it no longer, and again. For a witness, which streams from nobody, it
 * is the leader that counts, and whether it is heard. Pure, but for what was seen before.
 */
import { isWitness } from '../../failover/own-wal.ts';
import type { State } from '../../failover/state.ts';
import { isRunning } from '../../failover/turn.ts';
import type { NodeId } from '../../model/node.ts';
import type { ReportedEvent } from './reported-event.ts';

interface Lost {
  readonly node: NodeId;
  /** By the monotonic clock. */
  readonly since: number;
}

export class UpstreamEvents {
  readonly #nameOf: (node: NodeId) => string;
  /** What was seen last by the postmaster that lives. */
  #seen: { readonly node: NodeId; readonly postmaster: string | null } | undefined;
  #lost: Lost | undefined;

  constructor(nameOf: (node: NodeId) => string) {
    this.#nameOf = nameOf;
  }

  eventsOf(after: State): readonly ReportedEvent[] {
    const { server } = after;
    if (server === null) return [];
    if (isWitness(after)) return this.#ofWitness(after);
    if (server.condition !== 'running') return [];
    if (server.isInRecovery !== true) {
      this.#seen = undefined;
      this.#lost = undefined;
      return [];
    }
    const { receiver, postmaster } = server;
    // One that is still connecting is nobody's yet.
    if (receiver !== null) return receiver.upstream === null ? [] : this.#attach(receiver.upstream, after);
    const node = this.#seen?.postmaster === postmaster ? this.#seen.node : undefined;
    // Whoever is told to follow another node has not lost the one before.
    if (node === undefined || isRunning(after, 'follow') || isRunning(after, 'rejoin')) return [];
    return this.#lose(node, after);
  }

  #ofWitness(after: State): readonly ReportedEvent[] {
    const { durable, leaderHeardAt, settings, now } = after;
    const leader = durable.leader?.node;
    if (leader === undefined || leaderHeardAt === null) return [];
    const leaseMs = durable.leaseMs === 0 ? settings.leaseMs : durable.leaseMs;
    return now.monotonicMs - leaderHeardAt < leaseMs
      ? this.#attach(leader, after)
      : this.#lose(leader, after);
  }

  #attach(node: NodeId, { server, now }: State): readonly ReportedEvent[] {
    const lost = this.#lost;
    this.#lost = undefined;
    this.#seen = { node, postmaster: server?.postmaster ?? null };
    if (lost?.node !== node) return [];
    const seconds = Math.round((now.monotonicMs - lost.since) / 1000);
    const details = `upstream ${this.#nameOf(node)} is back after ${seconds} s`;
    return [{ name: 'repmgrd_upstream_reconnect', isSuccessful: true, details, related: node }];
  }

  #lose(node: NodeId, after: State): readonly ReportedEvent[] {
    if (this.#lost !== undefined) return [];
    this.#lost = { node, since: after.now.monotonicMs };
    const what = isWitness(after) ? 'is not heard any more' : 'sends no WAL any more';
    const details = `upstream ${this.#nameOf(node)} ${what}`;
    return [{ name: 'repmgrd_upstream_disconnect', isSuccessful: true, details, related: node }];
  }
}
