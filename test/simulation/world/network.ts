/** The network between hosts: each direction of each link has its own delay, loss, and cuts. */
import type { Random } from './random.ts';
import type { Schedule } from './schedule.ts';

export interface LinkOptions {
  /** Half of a usual round trip. */
  readonly delayMs: number;
  readonly jitterMs: number;
  readonly lossChance: number;
  readonly duplicateChance: number;
  /** A message that is late for no reason, and so overtaken by others. */
  readonly lateChance: number;
  readonly lateMs: number;
}

export class Network {
  readonly #schedule: Schedule;
  readonly #random: Random;
  readonly #options: LinkOptions;
  /** How often each direction is cut: `from * size + to`. */
  readonly #cuts: Uint8Array;
  readonly #extraDelayMs: Float64Array;
  readonly #extraLoss: Float64Array;
  /** When the last message of each direction was lost, or late. */
  readonly #missedAt: Float64Array;
  readonly #size: number;

  /** @param size greater than the greatest node id */
  constructor(schedule: Schedule, random: Random, options: LinkOptions, size: number) {
    this.#schedule = schedule;
    this.#random = random;
    this.#options = options;
    this.#size = size;
    this.#cuts = new Uint8Array(size * size);
    this.#extraDelayMs = new Float64Array(size * size);
    this.#extraLoss = new Float64Array(size * size);
    this.#missedAt = new Float64Array(size * size).fill(Number.NEGATIVE_INFINITY);
  }

  isOpen(from: number, to: number): boolean {
    return this.#cuts[from * this.#size + to] === 0;
  }

  isOpenBothWays(one: number, other: number): boolean {
    return this.isOpen(one, other) && this.isOpen(other, one);
  }

  /** Cuts one direction; each cut needs a heal of its own. */
  cut(from: number, to: number): void {
    const link = from * this.#size + to;
    this.#cuts[link] = (this.#cuts[link] ?? 0) + 1;
  }

  heal(from: number, to: number): void {
    const link = from * this.#size + to;
    this.#cuts[link] = Math.max(0, (this.#cuts[link] ?? 0) - 1);
  }

  healAll(): void {
    this.#cuts.fill(0);
    this.#extraDelayMs.fill(0);
    this.#extraLoss.fill(0);
  }

  slow(from: number, to: number, extraDelayMs: number, extraLoss: number): void {
    this.#extraDelayMs[from * this.#size + to] = extraDelayMs;
    this.#extraLoss[from * this.#size + to] = extraLoss;
  }

  /** How long one packet takes; for a stream of TCP, which loses none while the link is open. */
  delayMs(from: number, to: number): number {
    return (
      this.#options.delayMs +
      this.#random.fraction() * this.#options.jitterMs +
      (this.#extraDelayMs[from * this.#size + to] ?? 0)
    );
  }

  /** The same for a short exchange over TCP: what is lost is sent again, a little later each time. */
  retransmitMs(from: number, to: number): number {
    const loss = this.#options.lossChance + (this.#extraLoss[from * this.#size + to] ?? 0);
    let ms = 0;
    for (let wait = 200; wait < 5_000 && this.#random.chance(loss); wait *= 2) ms += wait;
    return ms;
  }

  /** A message arrives once, or never, or twice, or late. */
  send(from: number, to: number, deliver: () => void): void {
    if (!this.isOpen(from, to)) return;
    const random = this.#random;
    const loss = this.#options.lossChance + (this.#extraLoss[from * this.#size + to] ?? 0);
    if (random.chance(loss)) {
      this.#miss(from, to);
      return;
    }
    this.#deliver(from, to, deliver);
    if (random.chance(this.#options.duplicateChance)) this.#deliver(from, to, deliver);
  }

  /** How long ago a message between two nodes went missing, or came late. */
  missedMsAgo(one: number, other: number): number {
    const there = this.#missedAt[one * this.#size + other] ?? Number.NEGATIVE_INFINITY;
    const back = this.#missedAt[other * this.#size + one] ?? Number.NEGATIVE_INFINITY;
    return this.#schedule.now - Math.max(there, back);
  }

  #miss(from: number, to: number): void {
    this.#missedAt[from * this.#size + to] = this.#schedule.now;
  }

  #deliver(from: number, to: number, deliver: () => void): void {
    const isLate = this.#random.chance(this.#options.lateChance);
    if (isLate) this.#miss(from, to);
    const late = isLate ? this.#random.fraction() * this.#options.lateMs : 0;
    this.#schedule.after(this.delayMs(from, to) + late, undefined, () => {
      // What is on its way when the cable is pulled is lost, but for what the other side has already.
      if (this.isOpen(from, to)) deliver();
    });
  }
}
