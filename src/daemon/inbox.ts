/**
 * Messages of the others on their way to the core, in their order. Those that are answered with the end of this node's
 * WAL wait for a look at it: what was seen half a second ago may be megabytes behind.
 */
import type { Message } from '../failover/messages.ts';
import { limits } from '../limits.ts';
import type { NodeId } from '../model/node.ts';

export interface InboxOptions {
  /** Whether the look would tell anything new. */
  readonly needsLook: () => boolean;
  readonly look: () => Promise<void>;
  readonly deliver: (from: NodeId, message: Message) => void;
}

const wantsFreshWal: readonly Message['kind'][] = ['yield', 'statusRequest'];

export class Inbox {
  readonly #options: InboxOptions;
  #waiting: (readonly [NodeId, Message])[] = [];
  #isLooking = false;

  constructor(options: InboxOptions) {
    this.#options = options;
  }

  receive(from: NodeId, message: Message): void {
    const isPlain = !wantsFreshWal.includes(message.kind) || !this.#options.needsLook();
    if (!this.#isLooking && isPlain) {
      this.#options.deliver(from, message);
      return;
    }
    this.#waiting.push([from, message]);
    if (!this.#isLooking) void this.#lookFirst();
  }

  async #lookFirst(): Promise<void> {
    this.#isLooking = true;
    let timer: NodeJS.Timeout | undefined;
    const tooLong = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, limits.freshWalMs);
    });
    await Promise.race([this.#options.look(), tooLong]);
    clearTimeout(timer);
    this.#isLooking = false;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const [from, message] of waiting) this.#options.deliver(from, message);
  }
}
