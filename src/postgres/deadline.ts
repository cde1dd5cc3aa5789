/** A promise that is given up after a time, or when the user interrupts. */
import { throwIfInterrupted } from '../system/clock.ts';

export class DeadlineExceeded extends Error {
  override readonly name = 'DeadlineExceeded';
}

export interface Patience {
  readonly deadlineMs: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Waits for `work` no longer than the deadline. The work itself goes on: the caller destroys what it uses.
 * @throws DeadlineExceeded; RepmgrError interrupted; whatever the work throws
 */
export async function beforeDeadline<Result>(
  work: Promise<Result>,
  { deadlineMs, signal }: Patience,
): Promise<Result> {
  throwIfInterrupted(signal);
  let stopWaiting = (): void => {};
  const tooLate = new Promise<never>((_resolve, reject) => {
    const timer = setTimeout(() => reject(new DeadlineExceeded()), Math.max(0, deadlineMs));
    const interrupt = () => {
      try {
        throwIfInterrupted(signal);
      } catch (error) {
        reject(error);
      }
    };
    signal?.addEventListener('abort', interrupt, { once: true });
    stopWaiting = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', interrupt);
    };
  });
  try {
    return await Promise.race([work, tooLate]);
  } finally {
    stopWaiting();
  }
}
