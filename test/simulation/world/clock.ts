/** The clocks of one host, each wrong in its own way, as a process reads them. */

/** What real clocks drift by at most; the leases count on it. */
export const greatestDrift = 0.01;

export class HostClock {
  /** Milliseconds that pass on this host while one of virtual time does. */
  readonly rate: number;
  #bootedAt = 0;
  #suspendedMs = 0;
  /** Suspensions that no clock of the host has counted. */
  #hiddenMs = 0;
  #wallOffsetMs = 0;

  constructor(rate: number) {
    this.rate = rate;
  }

  boot(now: number): void {
    this.#bootedAt = now;
    this.#suspendedMs = 0;
    this.#hiddenMs = 0;
  }

  /** CLOCK_BOOTTIME, as in /proc/uptime: counts suspensions that the kernel knows of. */
  bootTimeMs(now: number): number {
    return (now - this.#bootedAt - this.#hiddenMs) * this.rate;
  }

  /** CLOCK_MONOTONIC: stands still while the host is suspended. */
  monotonicMs(now: number): number {
    return (now - this.#bootedAt - this.#hiddenMs - this.#suspendedMs) * this.rate;
  }

  wallClockMs(now: number): number {
    return 1_700_000_000_000 + now * this.rate + this.#wallOffsetMs;
  }

  /** How much virtual time a wait for `ms` by this host's clock takes. */
  virtualMs(ms: number): number {
    return ms / this.rate;
  }

  /** @param isHidden a virtual machine that was stopped from outside: no clock of it tells */
  wasSuspended(ms: number, isHidden: boolean): void {
    if (isHidden) this.#hiddenMs += ms;
    else this.#suspendedMs += ms;
  }

  setWallClock(byMs: number): void {
    this.#wallOffsetMs += byMs;
  }
}
