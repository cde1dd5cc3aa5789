/** Whether the server still lets new clients in: those that are connected are served even if it does not. */
import { limits } from '../../limits.ts';
import type { Connection } from '../../postgres/connection.ts';
import { answersNewConnections } from '../../postgres/ping.ts';
import { monotonicMs } from '../../system/clock.ts';

export class Newcomers {
  #askedAt = 0;
  #refusedSince: number | undefined;

  /** For how long they have been turned away, or have had no answer. */
  get refusedForMs(): number {
    return this.#refusedSince === undefined ? 0 : monotonicMs() - this.#refusedSince;
  }

  /** Another postmaster. */
  forget(): void {
    this.#refusedSince = undefined;
  }

  /** Tries it now and then, where the server of this connection listens; returns at once. */
  tryNowAndThen({ address, port }: Connection): void {
    const now = monotonicMs();
    if (now - this.#askedAt < limits.pingMs) return;
    this.#askedAt = now;
    void answersNewConnections(address, port, limits.ownServerAnswerMs).then((isAnswered) => {
      this.#refusedSince = isAnswered ? undefined : (this.#refusedSince ?? now);
    });
  }
}
