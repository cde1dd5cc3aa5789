import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AddressBook } from '../../src/api/lookup.ts';
import { limits } from '../../src/limits.ts';

/** A resolver that answers when it is told to. */
class Resolver {
  readonly asked: string[] = [];
  readonly #waiting: ((answer: string | undefined) => void)[] = [];

  find = async (host: string): Promise<{ readonly address: string }> => {
    this.asked.push(host);
    const address = await new Promise<string | undefined>((resolve) => this.#waiting.push(resolve));
    if (address === undefined) throw new Error('ENOTFOUND');
    return { address };
  };

  async answer(address: string | undefined): Promise<void> {
    this.#waiting.shift()?.(address);
    await vi.advanceTimersByTimeAsync(0);
  }
}

describe('addresses of peers', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('that are no names are taken as they are', () => {
    const { asked, find } = new Resolver();
    const book = new AddressBook(find);
    expect([book.addressOf('10.0.0.11'), book.addressOf('::1')]).toEqual(['10.0.0.11', '::1']);
    expect(asked).toEqual([]);
  });

  it('are looked up one at a time, and nobody waits for it', async () => {
    const resolver = new Resolver();
    const book = new AddressBook(resolver.find);
    expect([book.addressOf('node1'), book.addressOf('node2'), book.addressOf('node3')]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(resolver.asked).toEqual(['node1']);
    await resolver.answer('10.0.0.11');
    expect(resolver.asked).toEqual(['node1', 'node2']);
    expect([book.addressOf('node1'), book.addressOf('node2')]).toEqual(['10.0.0.11', undefined]);
  });

  it('are kept while the resolver is dead, and found anew when it is back', async () => {
    const resolver = new Resolver();
    const book = new AddressBook(resolver.find);
    book.addressOf('node1');
    await resolver.answer('10.0.0.11');
    await vi.advanceTimersByTimeAsync(limits.peerLookupAgainMs);
    book.lookUp('node1');
    await resolver.answer(undefined);
    expect(book.addressOf('node1')).toBe('10.0.0.11');
    book.lookUp('node1');
    expect(resolver.asked).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(limits.peerLookupAgainMs);
    book.lookUp('node1');
    await resolver.answer('10.0.0.21');
    expect(book.addressOf('node1')).toBe('10.0.0.21');
  });
});
