/** A disk: syncing takes time, can hang and can fail; what was synced outlives the host. */
import type { Random } from './random.ts';
import type { Process, Schedule } from './schedule.ts';

export interface DiskSpeed {
  /** A usual sync. */
  readonly syncMs: number;
  /** One in so many syncs takes fifty times as long. */
  readonly slowChance: number;
}

export class Disk {
  readonly #schedule: Schedule;
  readonly #random: Random;
  readonly #speed: DiskSpeed;
  #hangsUntil = 0;
  #isFailing = false;

  constructor(schedule: Schedule, random: Random, speed: DiskSpeed) {
    this.#schedule = schedule;
    this.#random = random;
    this.#speed = speed;
  }

  get isFailing(): boolean {
    return this.#isFailing;
  }

  get isHanging(): boolean {
    return this.#hangsUntil > this.#schedule.now;
  }

  hang(ms: number): void {
    this.#hangsUntil = Math.max(this.#hangsUntil, this.#schedule.now + ms);
  }

  repair(): void {
    this.#hangsUntil = 0;
    this.#isFailing = false;
  }

  fail(isFailing: boolean): void {
    this.#isFailing = isFailing;
  }

  /** How long a sync that begins now takes. */
  syncMs(): number {
    const usual = this.#speed.syncMs * this.#random.between(0.5, 1.5);
    const own = this.#random.chance(this.#speed.slowChance) ? usual * 50 : usual;
    return Math.max(0, this.#hangsUntil - this.#schedule.now) + own;
  }

  /** Calls back when what was written before is durable, or says that it can't be made so. */
  sync(process: Process, done: (isDurable: boolean) => void): void {
    this.#schedule.after(this.syncMs(), process, () => {
      // A hang that began meanwhile holds this sync too.
      if (this.isHanging) this.sync(process, done);
      else done(!this.#isFailing);
    });
  }
}
