/**
 * Finds the addresses of peers that are known by name, ahead of time. The system's lookup may hang for as long as the
 * resolver is dead, and it occupies one of the few threads that flushing files needs too: so one name at a time.
 */
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { limits } from '../limits.ts';

interface Known {
  readonly address: string | undefined;
  readonly at: number;
}

export class AddressBook {
  readonly #find: (host: string) => Promise<{ readonly address: string }>;
  readonly #known = new Map<string, Known>();
  readonly #wanted = new Set<string>();
  #isLookingUp = false;

  /** @param find how a name is looked up */
  constructor(find: (host: string) => Promise<{ readonly address: string }> = lookup) {
    this.#find = find;
  }

  /** The address of a host as it is known now, at once; a name is looked up meanwhile, for the next time. */
  addressOf(host: string): string | undefined {
    if (isIP(host) !== 0) return host;
    const known = this.#known.get(host);
    if (known === undefined) this.lookUp(host);
    return known?.address;
  }

  /** Asks for a name anew, because nobody answered at its address; not more often than it makes sense. */
  lookUp(host: string): void {
    const known = this.#known.get(host);
    const isFresh = known !== undefined && performance.now() - known.at < limits.peerLookupAgainMs;
    if (isIP(host) !== 0 || isFresh) return;
    this.#wanted.add(host);
    if (!this.#isLookingUp) void this.#work();
  }

  async #work(): Promise<void> {
    this.#isLookingUp = true;
    for (const host of this.#wanted) {
      this.#wanted.delete(host);
      const found = await this.#find(host).catch(() => undefined);
      // An address that was found once is better than none.
      const address = found?.address ?? this.#known.get(host)?.address;
      this.#known.set(host, { address, at: performance.now() });
    }
    this.#isLookingUp = false;
  }
}
