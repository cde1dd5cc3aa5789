/**
 * The metadata of a witness without PostgreSQL: what the repmgrd of the leader knows of the cluster, asked at intervals,
 * and at once after a failover. Where that one does not answer, whoever else has a copy is asked.
 */
import { readFacts } from '../cluster/cluster-facts.ts';
import { limits } from '../limits.ts';
import type { Logger } from '../log/logger.ts';
import { type ClusterSecrets, newerSecrets } from '../model/cluster-secrets.ts';
import type { NodeId } from '../model/node.ts';
import type { ClusterFacts } from './cluster-facts.ts';
import type { MetadataSource } from './metadata-source.ts';

export interface PeerMetadataOptions {
  readonly self: NodeId;
  /** As the state file has them. */
  readonly facts: ClusterFacts;
  readonly intervalMs: () => number;
  /** Who leads, as far as is known. */
  readonly leader: () => NodeId | null;
  /** Asks one repmgrd. @throws Error whose message tells in words why there is no answer */
  readonly fetch: (from: NodeId, signal: AbortSignal) => Promise<string>;
  readonly onChanged: (facts: ClusterFacts) => void;
  readonly log: Logger;
}

export class PeerMetadata implements MetadataSource {
  readonly #options: PeerMetadataOptions;
  readonly #ending = new AbortController();
  #facts: ClusterFacts;
  #reading: Promise<boolean> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #complaint = '';

  constructor(options: PeerMetadataOptions) {
    this.#options = options;
    this.#facts = options.facts;
  }

  get facts(): ClusterFacts {
    return this.#facts;
  }

  noteSecrets(secrets: ClusterSecrets): void {
    this.#take({ ...this.#facts, ...newerSecrets(this.#facts, secrets) });
  }

  async read(): Promise<boolean> {
    this.#reading ??= this.#readOnce().finally(() => {
      this.#reading = undefined;
      clearTimeout(this.#timer);
      if (this.#ending.signal.aborted) return;
      this.#timer = setTimeout(() => void this.read(), this.#pauseMs());
    });
    return await this.#reading;
  }

  async close(): Promise<void> {
    this.#ending.abort();
    clearTimeout(this.#timer);
    await this.#reading;
  }

  /** After a failover the leader writes itself in as the primary: until that was heard it is asked again soon. */
  #pauseMs(): number {
    const { intervalMs, leader } = this.#options;
    const primary = this.#facts.nodes.find(({ role, isActive }) => role === 'primary' && isActive);
    const isInStep = leader() === null || primary?.id === leader();
    return isInStep ? intervalMs() : Math.min(intervalMs(), limits.witnessRetryMs);
  }

  async #readOnce(): Promise<boolean> {
    const { fetch } = this.#options;
    const complaints: string[] = [];
    for (const node of this.#whomToAsk()) {
      try {
        const facts = readFacts(await fetch(node.id, this.#ending.signal));
        if (facts === undefined) throw new Error('what it says makes no sense to this version of repmgrd');
        this.#complaint = '';
        this.#take({ ...facts, ...newerSecrets(this.#facts, facts) });
        return true;
      } catch (error) {
        complaints.push(`node "${node.name}": ${error instanceof Error ? error.message : String(error)}`);
      }
    }
    this.#complain(complaints.join('; '));
    return false;
  }

  #take(facts: ClusterFacts): void {
    if (this.#ending.signal.aborted || JSON.stringify(facts) === JSON.stringify(this.#facts)) return;
    this.#facts = facts;
    this.#options.onChanged(facts);
  }

  /** The leader's metadata are the newest; those of a standby may be a moment behind. */
  #whomToAsk(): ClusterFacts['nodes'] {
    const { self, leader } = this.#options;
    const others = this.#facts.nodes.filter(({ id, conninfo }) => id !== self && conninfo !== '');
    const first = leader();
    return [...others.filter(({ id }) => id === first), ...others.filter(({ id }) => id !== first)];
  }

  #complain(detail: string): void {
    if (this.#ending.signal.aborted || this.#complaint === detail) return;
    this.#complaint = detail;
    this.#options.log.warning('no other repmgrd tells the metadata; what was heard before stays in use', {
      detail,
      hint: 'If this witness was unregistered, stop it, or have it join anew: repmgr witness invite on the primary, and here repmgr witness join --force.',
    });
  }
}
