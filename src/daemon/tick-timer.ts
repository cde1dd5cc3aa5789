/** The one timer of the core: the latest call counts, and it is never early. */
import type { MonotonicMs } from '../failover/instant.ts';

/** What a timer of Node can count. */
const longestPauseMs = 2_147_483_647;

export class TickTimer {
  readonly #now: () => number;
  readonly #onTick: () => void;
  #timer: NodeJS.Timeout | undefined;
  #at = Number.POSITIVE_INFINITY;

  constructor(now: () => number, onTick: () => void) {
    this.#now = now;
    this.#onTick = onTick;
  }

  set(at: MonotonicMs): void {
    if (at === this.#at) return;
    this.#at = at;
    this.#arm();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#at = Number.POSITIVE_INFINITY;
  }

  #arm(): void {
    clearTimeout(this.#timer);
    const remainingMs = Math.max(0, Math.ceil(this.#at - this.#now()));
    this.#timer = setTimeout(() => this.#expire(), Math.min(remainingMs, longestPauseMs));
  }

  #expire(): void {
    if (this.#now() < this.#at) {
      this.#arm();
      return;
    }
    this.#at = Number.POSITIVE_INFINITY;
    this.#onTick();
  }
}
