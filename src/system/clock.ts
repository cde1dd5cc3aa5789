/** Time that never jumps, and waiting that always ends. */
import { setTimeout as sleep } from 'node:timers/promises';
import { failure } from '../errors.ts';
import { limits } from '../limits.ts';

export interface WaitOptions {
  /** How long to wait in all; `Infinity` waits until the signal ends it. */
  readonly deadlineMs: number;
  /** Between the end of one look and the start of the next. */
  readonly intervalMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Milliseconds of a clock that no administrator and no NTP sets back; only differences mean something. */
export function monotonicMs(): number {
  // performance.now() would load a module of Node for it, which takes a millisecond of each command.
  return Number(process.hrtime.bigint()) / 1e6;
}

/**
 * Looks at `condition` again and again until it gives something else than undefined.
 *
 * It looks once more when the time is over, so a condition that came true during the last pause is not missed.
 * @returns what the condition gave, or undefined after `deadlineMs`
 * @throws RepmgrError interrupted, when the signal is aborted; whatever the condition throws
 */
export async function waitUntil<Result>(
  condition: () => Promise<Result | undefined>,
  options: WaitOptions,
): Promise<Result | undefined> {
  const endsAtMs = monotonicMs() + options.deadlineMs;
  for (;;) {
    throwIfInterrupted(options.signal);
    const isLastLook = monotonicMs() >= endsAtMs;
    const result = await condition();
    if (result !== undefined || isLastLook) return result;
    const remainingMs = Math.max(0, Math.ceil(endsAtMs - monotonicMs()));
    await pause(Math.min(options.intervalMs ?? limits.pollMs, remainingMs), options.signal);
  }
}

/** What a timer of Node can count; it would take a longer pause for none at all. */
const longestPauseMs = 2_147_483_647;

async function pause(durationMs: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(Math.min(durationMs, longestPauseMs), undefined, signal === undefined ? {} : { signal });
  } catch {
    throwIfInterrupted(signal);
  }
}

/** @throws RepmgrError interrupted, when the signal is aborted */
export function throwIfInterrupted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw failure('interrupted', { message: 'the operation was interrupted' });
}
