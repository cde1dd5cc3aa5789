/** Runs one replication command: a mixture of result sets and copies, read no faster than they are used. */
import { failure, RepmgrError } from '../errors.ts';
import { limits } from '../limits.ts';
import { throwIfInterrupted } from '../system/clock.ts';
import type { CopyTap } from './copy-tap.ts';
import type { Submittable } from './driver.ts';
import type { OpenClient } from './open-client.ts';
import type { Session } from './session.ts';
import { connectionLost, statementFailure, statementTimeout } from './statement-failure.ts';

/** One row by column name, every value as text. */
export type ResultRow = Readonly<Record<string, string | null>>;

/** What is done with the parts of an answer, in order. */
export interface ReplicationAnswer {
  readonly onResultSet?: (rows: readonly ResultRow[]) => void;
  readonly onCopyStart?: () => void;
  /**
   * A piece of one CopyData message; it is valid until the call, or the promise that it gave, has ended, and nothing
   * more is read before that.
   */
  readonly onCopyData?: (piece: Buffer, isStartOfMessage: boolean) => void | Promise<void>;
  /** Until the server sends anything. */
  readonly firstAnswerMs?: number | undefined;
  /** Between two pieces of what the server sends, while we are reading. */
  readonly silenceMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface ReplicationSession {
  readonly session: Session;
  readonly open: OpenClient;
  readonly tap: CopyTap;
}

/** @throws RepmgrError query_failed, query_timeout, connection_lost, interrupted; whatever `answer` throws */
export async function runCommand(
  { session, open, tap }: ReplicationSession,
  command: string,
  answer: ReplicationAnswer,
): Promise<void> {
  throwIfInterrupted(answer.signal);
  open.throwIfLost();
  const place = { server: open.server, sql: command };
  const { connection } = session.client;

  return new Promise((resolve, reject) => {
    const giveUp = (error: unknown) => {
      end();
      open.abandon(error instanceof RepmgrError ? error : connectionLost(open.server, error));
      reject(error);
    };
    const silence = watchSilence(answer, (allowedMs) => giveUp(statementTimeout(allowedMs, place)));
    const receive = (use: () => void) => {
      silence.start();
      try {
        use();
      } catch (error) {
        giveUp(error);
      }
    };
    const copyStart = () => receive(() => answer.onCopyStart?.());
    const interrupt = () => giveUp(failure('interrupted', { message: 'the operation was interrupted' }));
    const end = () => {
      silence.stop();
      tap.taker = undefined;
      answer.signal?.removeEventListener('abort', interrupt);
      connection.off('copyOutResponse', copyStart);
    };

    answer.signal?.addEventListener('abort', interrupt, { once: true });
    connection.on('copyOutResponse', copyStart);
    tap.taker = {
      take(piece, isStartOfMessage) {
        silence.start();
        return answer.onCopyData?.(piece, isStartOfMessage);
      },
      onPause: () => silence.stop(),
      onResume: () => silence.start(),
      fail: giveUp,
    };
    silence.start();
    session.client.query(
      submittable(command, {
        onResultSet: (rows) => receive(() => answer.onResultSet?.(rows)),
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

interface Receiver {
  onResultSet(rows: readonly ResultRow[]): void;
  end(error?: Error): void;
}

/** The command as `pg` runs it. What is copied has gone another way before: copy-tap.ts. */
function submittable(command: string, receiver: Receiver): Submittable {
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
    handleCommandComplete() {
      if (columns !== undefined) receiver.onResultSet(rows);
      columns = undefined;
    },
    handleCopyData() {},
    handleEmptyQuery() {},
    handlePortalSuspended() {},
    handleCopyInResponse() {},
    handleError: (error) => receiver.end(error),
    handleReadyForQuery: () => receiver.end(),
  };
}

function watchSilence(
  { firstAnswerMs, silenceMs = limits.queryMs }: ReplicationAnswer,
  onSilence: (allowedMs: number) => void,
) {
  let timer: NodeJS.Timeout | undefined;
  let timerMs: number | undefined;
  let allowedMs = firstAnswerMs ?? silenceMs;
  return {
    start() {
      if (timer !== undefined && timerMs === allowedMs) {
        // A gigabyte comes in tens of thousands of pieces; a new timer for each of them costs more.
        timer.refresh();
        return;
      }
      clearTimeout(timer);
      const currentMs = allowedMs;
      timer = setTimeout(() => onSilence(currentMs), currentMs);
      timerMs = currentMs;
      allowedMs = silenceMs;
    },
    stop() {
      clearTimeout(timer);
      timer = undefined;
    },
  };
}
