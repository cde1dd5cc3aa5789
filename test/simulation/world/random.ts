/** Random numbers of one history: everything that happens in it follows from its seed. */
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';

const discarded = 16;

export class Random {
  readonly #generator: RandomGenerator;

  /**
   * @param seed an integer from 0 to 2^53
   * @param stream tells apart the uses of one seed, so that one more number drawn in one does not change the other
   */
  constructor(seed: number, stream = 0) {
    const low = (seed % 0x1_0000_0000) | 0;
    const high = Math.floor(seed / 0x1_0000_0000) | 0;
    this.#generator = xoroshiro128plusFromState([-1, ~low, low ^ Math.imul(stream + 1, 0x9e37_79b9), high]);
    // Seeds that resemble each other give resembling numbers at first.
    for (let count = 0; count < discarded; count += 1) this.#generator.next();
  }

  /** From 0 up to, without, 1. */
  fraction(): number {
    return (this.#generator.next() >>> 0) / 0x1_0000_0000;
  }

  /** A whole number from 0 up to, without, `bound`. */
  below(bound: number): number {
    return Math.floor(this.fraction() * bound);
  }

  between(low: number, high: number): number {
    return low + this.fraction() * (high - low);
  }

  /** Between both, small values as likely as large ones: 1 to 10 as often as 10 to 100. */
  scaled(low: number, high: number): number {
    return low * (high / low) ** this.fraction();
  }

  /** A time between events that come by themselves, `mean` apart on average. */
  exponential(mean: number): number {
    return -mean * Math.log(1 - this.fraction());
  }

  chance(probability: number): boolean {
    return probability > 0 && this.fraction() < probability;
  }

  pick<Item>(items: readonly Item[]): Item {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new Error('nothing to pick from');
    return item;
  }

  /** In a new order; the list itself stays as it is. */
  shuffled<Item>(items: readonly Item[]): Item[] {
    const rest = [...items];
    const taken: Item[] = [];
    while (rest.length > 0) taken.push(...rest.splice(this.below(rest.length), 1));
    return taken;
  }
}
