/** The three clocks of the core, read at once. */
import { readFileSync } from 'node:fs';
import type { Instant, MonotonicMs } from '../failover/instant.ts';

const uptimeFile = '/proc/uptime';
const bootIdFile = '/proc/sys/kernel/random/boot_id';

/** CLOCK_MONOTONIC, in milliseconds with fractions. */
function monotonic(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/**
 * Where there is no /proc/uptime a suspension cannot be told, and the monotonic clock stands for the other one. The
 * file counts in hundredths of a second.
 */
export function readClocks(): Instant {
  const monotonicMs = monotonic();
  return {
    monotonicMs: monotonicMs as MonotonicMs,
    bootTimeMs: readUptimeMs() ?? monotonicMs,
    wallMs: Date.now(),
  };
}

/** Names this boot of the machine; without /proc the time of the boot, to the minute, stands for it. */
export function readBootId(): string {
  try {
    return readFileSync(bootIdFile, 'utf8').trim();
  } catch {
    return `booted ${Math.round((Date.now() - monotonic()) / 60_000)}`;
  }
}

function readUptimeMs(): number | undefined {
  try {
    const seconds = Number.parseFloat(readFileSync(uptimeFile, 'latin1'));
    return Number.isNaN(seconds) ? undefined : seconds * 1000;
  } catch {
    return undefined;
  }
}
