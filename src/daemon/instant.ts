/** The three clocks of the core, read at once. */
import { openSync, readFileSync, readSync } from 'node:fs';
import type { Instant, MonotonicMs } from '../failover/instant.ts';

const uptimeFile = '/proc/uptime';
const bootIdFile = '/proc/sys/kernel/random/boot_id';

/** Clocks that were read further apart differ by it as if the machine had been suspended. */
const togetherMs = 20;
/** On a machine so busy that no reading succeeds. */
const attempts = 5;

/** CLOCK_MONOTONIC, in milliseconds with fractions. */
export function readMonotonicMs(): MonotonicMs {
  return (Number(process.hrtime.bigint()) / 1e6) as MonotonicMs;
}

/**
 * Where there is no /proc/uptime a suspension cannot be told, and the monotonic clock stands for the other one. The
 * file counts in hundredths of a second.
 */
export function readClocks(): Instant {
  for (let attempt = 1; ; attempt += 1) {
    const monotonicMs = readMonotonicMs();
    const instant = {
      monotonicMs,
      bootTimeMs: readUptimeMs() ?? monotonicMs,
      wallMs: Date.now(),
    };
    if (readMonotonicMs() - monotonicMs < togetherMs || attempt === attempts) {
      return instant;
    }
  }
}

/** Names this boot of the machine; without /proc the time of the boot, to the minute, stands for it. */
export function readBootId(): string {
  try {
    return readFileSync(bootIdFile, 'utf8').trim();
  } catch {
    return `booted ${Math.round((Date.now() - readMonotonicMs()) / 60_000)}`;
  }
}

/** Opened once: it is read at each event, and the kernel writes it anew whenever it is read from its beginning. */
let uptimeDescriptor: number | undefined;
const uptimeText = Buffer.alloc(64);

function readUptimeMs(): number | undefined {
  try {
    uptimeDescriptor ??= openSync(uptimeFile, 'r');
    const length = readSync(uptimeDescriptor, uptimeText, 0, uptimeText.length, 0);
    const seconds = Number.parseFloat(uptimeText.toString('latin1', 0, length));
    return Number.isNaN(seconds) ? undefined : seconds * 1000;
  } catch {
    return undefined;
  }
}
