/** Whether a small commit still reaches the disk of the primary: rule 7's stall. */
import type { Lsn } from '../model/lsn.ts';
import type { Connection } from '../postgres/connection.ts';
import { commitSmallRecord } from '../postgres/queries/flush.ts';
import { monotonicMs } from '../system/clock.ts';

export interface FlushProbeOptions {
  /** 0: never. */
  readonly stallMs: () => number;
  readonly isWritable: () => boolean;
  readonly connection: () => Promise<Connection>;
  readonly onFlushed: (recordEnd: Lsn | undefined) => void;
  readonly onStall: (hasStalled: boolean) => void;
}

/** Between two probes: a stall is noticed this much late at most. */
const intervalMs = 1_000;

export class FlushProbe {
  readonly #options: FlushProbeOptions;
  #begunAt: number | undefined;
  readonly #timer: NodeJS.Timeout;

  constructor(options: FlushProbeOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#look(), intervalMs);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const { stallMs, isWritable, onStall } = this.#options;
    if (stallMs() === 0 || !isWritable()) return;
    if (this.#begunAt === undefined) void this.#probe();
    else if (monotonicMs() - this.#begunAt >= stallMs()) onStall(true);
  }

  async #probe(): Promise<void> {
    this.#begunAt = monotonicMs();
    try {
      // It is waited for as long as it takes: that it does not end is what is looked for.
      const connection = await this.#options.connection();
      const patience = { deadlineMs: this.#options.stallMs() * 10 };
      this.#options.onFlushed(await commitSmallRecord(connection, patience));
      this.#options.onStall(false);
    } catch {
      // A server that is gone, or refuses, is told of by whoever watches it.
    } finally {
      this.#begunAt = undefined;
    }
  }
}
