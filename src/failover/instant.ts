/** Time as the core knows it: it arrives with each event, read from three clocks at once by the driver. */
import type { Brand } from '../model/brand.ts';

/** CLOCK_MONOTONIC of one boot: stands still while the machine is suspended. Leases are counted by it. */
export type MonotonicMs = Brand<number, 'MonotonicMs'>;

export interface Instant {
  readonly monotonicMs: MonotonicMs;
  /** CLOCK_BOOTTIME: goes on while suspended, so that a difference to the monotonic clock tells of a suspension. */
  readonly bootTimeMs: number;
  /** Only for jumps, and for dates that people read. */
  readonly wallMs: number;
}
