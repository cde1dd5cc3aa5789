/** Requests of operators on their way through the core: each gets one answer, in time. */
import { randomUUID } from 'node:crypto';
import type { OperatorRequest } from '../failover/operator-request.ts';
import { limits } from '../limits.ts';

export interface OperatorAnswer {
  readonly isAccepted: boolean;
  readonly sentence: string;
}

export class OperatorRequests {
  readonly #hand: (requestId: string, request: OperatorRequest) => void;
  readonly #open = new Map<string, (answer: OperatorAnswer) => void>();

  /** @param hand gives a request to the core */
  constructor(hand: (requestId: string, request: OperatorRequest) => void) {
    this.#hand = hand;
  }

  async ask(request: OperatorRequest, signal: AbortSignal): Promise<OperatorAnswer> {
    const requestId = randomUUID();
    return await new Promise((resolve) => {
      const finish = (answer: OperatorAnswer): void => {
        clearTimeout(timer);
        this.#open.delete(requestId);
        resolve(answer);
      };
      const timer = setTimeout(() => {
        const sentence = `there was no answer within ${limits.operatorAnswerMs / 1000} s; it may still be done`;
        finish({ isAccepted: false, sentence });
      }, limits.operatorAnswerMs);
      signal.addEventListener(
        'abort',
        () => finish({ isAccepted: false, sentence: 'nobody waits any more' }),
        {
          once: true,
        },
      );
      this.#open.set(requestId, finish);
      this.#hand(requestId, request);
    });
  }

  /** Answers that nobody waits for are dropped. */
  answer(requestId: string, answer: OperatorAnswer): void {
    this.#open.get(requestId)?.(answer);
  }
}
