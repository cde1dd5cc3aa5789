/** What waits for a repmgrd that is slow or not reached yet: only what still says something true. */
import { limits } from '../limits.ts';

export interface Outgoing {
  readonly isHeartbeat: boolean;
  /** JSON in one line. */
  readonly body: string;
  /** By the monotonic clock. */
  readonly since: number;
}

/** A newer heartbeat takes the place of the one that waits; of the rest the oldest is dropped where there are too many. */
export class Outbox {
  #heartbeat: Outgoing | undefined;
  #others: Outgoing[] = [];

  add(outgoing: Outgoing): void {
    if (outgoing.isHeartbeat) {
      this.#heartbeat = outgoing;
      return;
    }
    this.#others.push(outgoing);
    if (this.#others.length > limits.peerQueue) this.#others.shift();
  }

  /** The next one that is not too old; undefined where there is none. */
  next(now: number, mayBeHeartbeat: boolean): Outgoing | undefined {
    for (;;) {
      const other = this.#others.shift();
      if (other === undefined) break;
      if (now - other.since <= limits.peerMessageAgeMs) return other;
    }
    const heartbeat = this.#heartbeat;
    if (heartbeat === undefined || !mayBeHeartbeat) return undefined;
    this.#heartbeat = undefined;
    return now - heartbeat.since <= limits.peerMessageAgeMs ? heartbeat : undefined;
  }
}
