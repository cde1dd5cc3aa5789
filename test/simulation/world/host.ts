/** A machine: its clocks, its disk, and what runs on it. It can be suspended, and lose its power. */
import { HostClock } from './clock.ts';
import { Disk, type DiskSpeed } from './disk.ts';
import type { Random } from './random.ts';
import { Process, type Schedule } from './schedule.ts';

export interface HostOptions {
  readonly clockRate: number;
  readonly disk: DiskSpeed;
  readonly hasOneDisk: boolean;
}

export class Host {
  readonly clock: HostClock;
  /** The data directory's. */
  readonly disk: Disk;
  /** The state directory's: often the same. */
  readonly stateDisk: Disk;
  readonly postgres = new Process('PostgreSQL');
  readonly repmgrd = new Process('repmgrd');
  readonly guard = new Process('guard');
  isUp = true;
  boots = 1;
  /** Undefined: it has run since the beginning. */
  bootedAt: number | undefined;
  #suspensions = 0;
  /** Which life of repmgrd was sent SIGSTOP. */
  #stoppedLife: number | undefined;
  /** When it went on after its last suspension. */
  wokeAt = Number.NEGATIVE_INFINITY;
  /** How much of its last suspension no clock of it has counted. */
  blindMs = 0;
  readonly #schedule: Schedule;

  constructor(schedule: Schedule, random: Random, options: HostOptions) {
    this.#schedule = schedule;
    this.clock = new HostClock(options.clockRate);
    this.clock.boot(0);
    this.disk = new Disk(schedule, random, options.disk);
    this.stateDisk = options.hasOneDisk ? this.disk : new Disk(schedule, random, options.disk);
  }

  get isSuspended(): boolean {
    return this.#suspensions > 0;
  }

  get bootId(): string {
    return `boot ${this.boots}`;
  }

  get #processes(): readonly Process[] {
    return [this.postgres, this.repmgrd, this.guard];
  }

  /** Everything stands still for `ms`. @param isHidden no clock of the host shows it afterwards */
  suspend(ms: number, isHidden: boolean, onWake: () => void): void {
    const boot = this.boots;
    this.#suspensions += 1;
    for (const process of this.#processes) this.#schedule.freeze(process);
    this.#schedule.after(ms, undefined, () => {
      if (this.boots !== boot || !this.isUp) return;
      this.#suspensions -= 1;
      this.clock.wasSuspended(ms, isHidden);
      this.wokeAt = this.#schedule.now;
      this.blindMs = isHidden ? ms : 0;
      onWake();
      for (const process of this.#processes) this.#schedule.thaw(process);
    });
  }

  /** SIGSTOP. */
  stopRepmgrd(): void {
    if (this.#stoppedLife === this.repmgrd.life) return;
    this.#stoppedLife = this.repmgrd.life;
    this.#schedule.freeze(this.repmgrd);
  }

  /** SIGCONT. */
  continueRepmgrd(): void {
    if (this.#stoppedLife === this.repmgrd.life) this.#schedule.thaw(this.repmgrd);
    this.#stoppedLife = undefined;
  }

  /** The power fails: what was not synced is gone, and the disks' owners must drop it. */
  losePower(): void {
    this.isUp = false;
    this.#suspensions = 0;
    for (const process of this.#processes) {
      this.#schedule.kill(process);
      process.frozenBy = 0;
    }
  }

  boot(): void {
    this.isUp = true;
    this.boots += 1;
    this.bootedAt = this.#schedule.now;
    this.clock.boot(this.#schedule.now);
  }
}
