/** Runs one replication command: a mixture of result sets and copies, read no faster than they are used. */
import { RepmgrError } from '../errors.ts';
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

type Part = () => void | Promise<void>;

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
  const silenceMs = answer.silenceMs ?? limits.queryMs;
  let allowedMs = answer.firstAnswerMs ?? silenceMs;

  return new Promise((resolve, reject) => {
    const parts: Part[] = [];
    let isWorking = false;
    let timer: NodeJS.Timeout | undefined;
    let resultSet: { columns: readonly string[]; rows: ResultRow[] } | undefined;

    const finish = (error?: unknown) => {
      clearTimeout(timer);
      answer.signal?.removeEventListener('abort', interrupt);
      connection.off('copyOutResponse', copyStart).off('copyDone', copyEnd);
      parts.length = 0;
      if (error === undefined) {
        resolve();
      } else {
        reject(error);
      }
    };
    const giveUp = (error: unknown) => {
      const reason = error instanceof RepmgrError ? error : connectionLost(open.server, error);
      open.abandon(reason);
      finish(error);
    };
    const watchSilence = () => {
      clearTimeout(timer);
      timer = setTimeout(() => giveUp(statementTimeout(allowedMs, place)), allowedMs);
    };
    const interrupt = () => {
      try {
        throwIfInterrupted(answer.signal);
      } catch (error) {
        giveUp(error);
      }
    };
    /** Parts that were parsed already wait in `parts`: as the socket is paused, one read's worth at most. */
    const work = async () => {
      isWorking = true;
      try {
        for (let part = parts.shift(); part !== undefined; part = parts.shift()) {
          const done = part();
          if (done !== undefined) {
            clearTimeout(timer);
            connection.stream.pause();
            await done;
          }
        }
        if (connection.stream.isPaused()) {
          connection.stream.resume();
          watchSilence();
        }
      } catch (error) {
        giveUp(error);
      }
      isWorking = false;
    };
    const receive = (part: Part) => {
      allowedMs = silenceMs;
      parts.push(part);
      if (!isWorking) {
        watchSilence();
        void work();
      }
    };
    const copyStart = () => receive(() => answer.onCopyStart?.());
    const copyEnd = () => receive(() => answer.onCopyEnd?.());

    const submittable: Submittable = {
      submit() {
        connection.query(command);
        return null;
      },
      handleRowDescription({ fields }) {
        resultSet = { columns: fields.map(({ name }) => name), rows: [] };
      },
      handleDataRow({ fields }) {
        const columns = resultSet?.columns ?? [];
        resultSet?.rows.push(Object.fromEntries(columns.map((name, index) => [name, fields[index] ?? null])));
      },
      handleCopyData({ chunk }) {
        // The parser's buffer moves with the next read; what has to wait for its turn is copied.
        const kept = isWorking ? Buffer.from(chunk) : chunk;
        receive(() => answer.onCopyData?.(kept));
      },
      handleCommandComplete() {
        const complete = resultSet;
        resultSet = undefined;
        receive(() => (complete === undefined ? undefined : answer.onResultSet?.(complete.rows)));
      },
      handleEmptyQuery() {},
      handlePortalSuspended() {},
      handleCopyInResponse() {},
      handleError(error) {
        receive(() => finish(statementFailure(error, place)));
      },
      handleReadyForQuery() {
        receive(() => finish());
      },
    };

    answer.signal?.addEventListener('abort', interrupt, { once: true });
    connection.on('copyOutResponse', copyStart).on('copyDone', copyEnd);
    watchSilence();
    session.client.query(submittable);
  });
}
