/** Runs one replication command: a mixture of result sets and copies, read no faster than they are used. */
import { failure, RepmgrError } from '../errors.ts';
import { limits } from '../limits.ts';
import { throwIfInterrupted } from '../system/clock.ts';
import type { Submittable } from './driver.ts';
import type { OpenClient } from './open-client.ts';
import type { Session } from './session.ts';
import { connectionLost, statementFailure, statementTimeout } from './statement-failure.ts';

/** One row by column name, every value as text. */
export type ResultRow = Readonly<Record<string, string | null>>;

/** What is done with the parts of an answer; a promise holds back all that follows until it is settled. */
export interface ReplicationAnswer {
  readonly onResultSet?: (rows: readonly ResultRow[]) => void | Promise<void>;
  readonly onCopyStart?: () => void | Promise<void>;
  /** One CopyData message; the buffer is valid until the call, or the promise that it gave, has ended. */
  readonly onCopyData?: (chunk: Buffer) => void | Promise<void>;
  readonly onCopyEnd?: () => void | Promise<void>;
  /** Until the server sends anything. */
  readonly firstAnswerMs?: number | undefined;
  /** Between two messages of the server, while we are reading. */
  readonly silenceMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** @throws RepmgrError query_failed, query_timeout, connection_lost, interrupted; whatever `answer` throws */
export async function runCommand(
  { session, open }: { readonly session: Session; readonly open: OpenClient },
  command: string,
  answer: ReplicationAnswer,
): Promise<void> {
  throwIfInterrupted(answer.signal);
  open.throwIfLost();
  const place = { server: open.server, sql: command };
  const { connection } = session.client;

  return new Promise((resolve, reject) => {
    let isOver = false;
    const giveUp = (error: unknown) => {
      end();
      open.abandon(error instanceof RepmgrError ? error : connectionLost(open.server, error));
      reject(error);
    };
    const silence = watchSilence(answer, (allowedMs) => giveUp(statementTimeout(allowedMs, place)));
    const parts = inOrder({
      pause() {
        silence.stop();
        connection.stream.pause();
      },
      resume() {
        connection.stream.resume();
        if (!isOver) {
          silence.start();
        }
      },
      fail: giveUp,
    });
    const receive = (part: Part) => {
      if (isOver) {
        return;
      }
      if (!parts.isBusy()) {
        silence.start();
      }
      parts.add(part);
    };
    const copyStart = () => receive(() => answer.onCopyStart?.());
    const copyEnd = () => receive(() => answer.onCopyEnd?.());
    const interrupt = () => giveUp(failure('interrupted', { message: 'the operation was interrupted' }));
    const end = () => {
      isOver = true;
      silence.stop();
      parts.drop();
      answer.signal?.removeEventListener('abort', interrupt);
      connection.off('copyOutResponse', copyStart).off('copyDone', copyEnd);
    };

    answer.signal?.addEventListener('abort', interrupt, { once: true });
    connection.on('copyOutResponse', copyStart).on('copyDone', copyEnd);
    silence.start();
    session.client.query(
      submittable(command, answer, {
        receive,
        isBusy: parts.isBusy,
        end(error) {
          end();
          if (error === undefined) {
            resolve();
          } else {
            reject(statementFailure(error, place));
          }
        },
      }),
    );
  });
}

type Part = () => void | Promise<void>;

interface Receiver {
  receive(part: Part): void;
  isBusy(): boolean;
  end(error?: Error): void;
}

/** The command as `pg` runs it: its answer cut into parts. */
function submittable(command: string, answer: ReplicationAnswer, receiver: Receiver): Submittable {
  let columns: readonly string[] | undefined;
  let rows: ResultRow[] = [];
  return {
    submit(connection) {
      connection.query(command);
      return null;
    },
    handleRowDescription({ fields }) {
      columns = fields.map(({ name }) => name);
      rows = [];
    },
    handleDataRow({ fields }) {
      rows.push(Object.fromEntries((columns ?? []).map((name, index) => [name, fields[index] ?? null])));
    },
    handleCopyData({ chunk }) {
      // The parser's buffer moves with the next read; what has to wait for its turn is copied.
      const kept = receiver.isBusy() ? Buffer.from(chunk) : chunk;
      receiver.receive(() => answer.onCopyData?.(kept));
    },
    handleCommandComplete() {
      if (columns !== undefined) {
        const complete = rows;
        receiver.receive(() => answer.onResultSet?.(complete));
      }
      columns = undefined;
    },
    handleEmptyQuery() {},
    handlePortalSuspended() {},
    handleCopyInResponse() {},
    handleError: (error) => receiver.receive(() => receiver.end(error)),
    handleReadyForQuery: () => receiver.receive(() => receiver.end()),
  };
}

/**
 * Does parts one after the other. While one is not done the source is paused; what was read before that waits, which
 * is one read's worth at most.
 */
function inOrder(source: { pause(): void; resume(): void; fail(error: unknown): void }) {
  let waiting: Part[] = [];
  let isWorking = false;
  let isDropped = false;
  const work = async () => {
    isWorking = true;
    let isPaused = false;
    try {
      for (let part = waiting.shift(); part !== undefined; part = waiting.shift()) {
        const done = part();
        if (done !== undefined) {
          isPaused = true;
          source.pause();
          await done;
        }
      }
    } catch (error) {
      source.fail(error);
    }
    isWorking = false;
    if (isPaused) {
      source.resume();
    }
  };
  return {
    add(part: Part) {
      if (isDropped) {
        return;
      }
      waiting.push(part);
      if (!isWorking) {
        void work();
      }
    },
    isBusy: () => isWorking,
    drop() {
      isDropped = true;
      waiting = [];
    },
  };
}

function watchSilence(
  { firstAnswerMs, silenceMs = limits.queryMs }: ReplicationAnswer,
  onSilence: (allowedMs: number) => void,
) {
  let timer: NodeJS.Timeout | undefined;
  let allowedMs = firstAnswerMs ?? silenceMs;
  return {
    start() {
      clearTimeout(timer);
      const currentMs = allowedMs;
      timer = setTimeout(() => onSilence(currentMs), currentMs);
      allowedMs = silenceMs;
    },
    stop() {
      clearTimeout(timer);
    },
  };
}
