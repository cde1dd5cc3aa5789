/**
 * Keeps the metadata of a witness in step with the primary's: it streams from nobody. In one transaction, at intervals,
 * and at once after a failover.
 */
import { type MetadataCopy, readMetadata, replaceMetadata } from '../cluster/metadata/copy.ts';
import { changeNodes } from '../cluster/metadata/nodes.ts';
import { hasOwnTables, requireSchema } from '../cluster/metadata/schema.ts';
import type { Config } from '../config/resolve.ts';
import { RepmgrError } from '../errors.ts';
import { limits } from '../limits.ts';
import type { Logger } from '../log/logger.ts';
import type { NodeId } from '../model/node.ts';
import { connect, type Connection } from '../postgres/connection.ts';
import type { KnownAddresses } from '../postgres/known-addresses.ts';
import type { StepTaken } from './failover-loop.ts';

export interface WitnessCopyOptions {
  readonly config: () => Config;
  readonly addresses: KnownAddresses;
  /** To the present primary. @throws RepmgrError where there is none */
  readonly primary: () => Promise<Connection>;
  /** Who leads: until the metadata name it as the primary they are copied again soon. */
  readonly leader: () => NodeId | null;
  /** The copy has changed. */
  readonly reread: () => Promise<unknown>;
  readonly log: Logger;
}

export class WitnessCopy {
  readonly #options: WitnessCopyOptions;
  #timer: NodeJS.Timeout | undefined;
  #copying: Promise<void> | undefined;
  /** What the witness was given last; undefined: not known. */
  #given: string | undefined;
  #complaint = '';
  /** The metadata that were copied name who leads. */
  #isInStep = false;
  #isClosed = false;

  constructor(options: WitnessCopyOptions) {
    this.#options = options;
  }

  /** Copies now; never throws. */
  async copy(): Promise<void> {
    this.#copying ??= this.#tryOnce().finally(() => {
      this.#copying = undefined;
      this.#schedule();
    });
    await this.#copying;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#copying;
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    if (this.#isClosed) return;
    const { witnessSyncIntervalMs } = this.#options.config();
    const pauseMs = this.#isInStep
      ? witnessSyncIntervalMs
      : Math.min(witnessSyncIntervalMs, limits.witnessRetryMs);
    this.#timer = setTimeout(() => void this.copy(), pauseMs);
  }

  async #tryOnce(): Promise<void> {
    this.#isInStep = false;
    try {
      await this.#copyOnce();
      this.#complaint = '';
    } catch (error) {
      if (!(error instanceof RepmgrError)) throw error;
      if (this.#complaint !== error.message) {
        this.#options.log.info(`the metadata could not be copied from the primary: ${error.message}`, error);
      }
      this.#complaint = error.message;
    }
  }

  async #copyOnce(): Promise<void> {
    const { config, primary, leader, reread } = this.#options;
    const { clusterName } = config();
    const source = await primary();
    const schema = await requireSchema(source, clusterName);
    const found = await readMetadata(source, clusterName, { hasOwnTables: hasOwnTables(schema) });
    const active = found.nodes.find(({ role, isActive }) => role === 'primary' && isActive);
    this.#isInStep = leader() === null || active?.id === leader();
    const text = JSON.stringify(found);
    if (text === this.#given) return;
    await this.#write(found);
    this.#given = text;
    void reread();
  }

  async #write(copy: MetadataCopy): Promise<void> {
    const { config, addresses } = this.#options;
    const { clusterName, conninfo } = config();
    const own = await connect(addresses.addressed(conninfo), { deadlineMs: limits.ownServerAnswerMs });
    try {
      await changeNodes(own, clusterName, async () => await replaceMetadata(own, clusterName, copy));
    } finally {
      await own.close();
    }
  }
}

/** Another leader's server is writable now: its metadata are the ones that count. */
export function isNewPrimary({ before, after }: StepTaken): boolean {
  const leader = after.durable.leader;
  const known = before.durable.leader;
  if (leader === null || !leader.isWritable) return false;
  return known?.term !== leader.term || !known.isWritable;
}
