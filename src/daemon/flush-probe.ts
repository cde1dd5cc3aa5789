/** Whether a small commit still reaches the disk of the primary: rule 7's stall. */
import type { Lsn } from '../model/lsn.ts';
import type { Connection } from '../postgres/connection.ts';
import { commitSmallRecord } from '../postgres/queries/flush.ts';

export interface FlushProbeOptions {
  /** 0: never. */
  readonly stallMs: () => number;
  readonly isWritable: () => boolean;
  readonly connection: () => Promise<Connection>;
  readonly onFlushed: (recordEnd: Lsn | undefined) => void;
  readonly onStall: (hasStalled: boolean) => void;
}

/** Between two probes: a disk may have hung for so long when one begins. */
const intervalMs = 1_000;

export class FlushProbe {
  readonly #options: FlushProbeOptions;
  #isProbing = false;
  readonly #timer: NodeJS.Timeout;

  constructor(options: FlushProbeOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#look(), intervalMs);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const { stallMs, isWritable } = this.#options;
    if (stallMs() > 0 && isWritable() && !this.#isProbing) void this.#probe();
  }

  async #probe(): Promise<void> {
    this.#isProbing = true;
    let hasEnded = false;
    // After a suspension of this process the answer may have been waiting to be read.
    const tellStall = (): void => {
      if (!hasEnded) this.#options.onStall(true);
    };
    const stallMs = this.#options.stallMs();
    const stall = setTimeout(() => setImmediate(tellStall), stallMs);
    try {
      // It is waited for as long as it takes: that it does not end is what is looked for.
      const connection = await this.#options.connection();
      const patience = { deadlineMs: stallMs * 10 };
      this.#options.onFlushed(await commitSmallRecord(connection, patience));
      this.#options.onStall(false);
    } catch {
      // A server that is gone, or refuses, is told of by whoever watches it.
    } finally {
      hasEnded = true;
      clearTimeout(stall);
      this.#isProbing = false;
    }
  }
}
