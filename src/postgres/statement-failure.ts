/** What became of a statement that failed: refused, too late, or lost with its connection. */
import { failure, type RepmgrError } from '../errors.ts';
import { redactConninfo } from '../model/conninfo.ts';
import { isServerError, type ServerError } from './driver.ts';

export interface StatementPlace {
  /** `node1:5432`. */
  readonly server: string;
  readonly sql: string;
}

/** Sessions end with these: shutdown, crash of another session, a server that is starting or stopping. */
const endOfSession = /^(57P0[1-5]|08)/;

const shownSqlLength = 200;

/** The error of the catalogue for what `pg` threw; SQL and messages are shown without passwords. */
export function statementFailure(error: unknown, place: StatementPlace): RepmgrError {
  if (!isServerError(error)) {
    return connectionLost(place.server, error);
  }
  if (endOfSession.test(error.code)) {
    return connectionLost(place.server, error);
  }
  return failure('query_failed', {
    message: `PostgreSQL at "${place.server}" refused a statement: ${redactConninfo(error.message)}`,
    detail: [error.detail, `SQLSTATE ${error.code}, in: ${shownSql(place.sql)}`]
      .filter((part) => part !== undefined)
      .map((part) => redactConninfo(part))
      .join(' '),
    hint: error.hint ?? hintFor(error),
    cause: error,
  });
}

export function statementTimeout(deadlineMs: number, place: StatementPlace): RepmgrError {
  return failure('query_timeout', {
    message: `PostgreSQL at "${place.server}" did not answer within ${Number((deadlineMs / 1_000).toFixed(1))} s`,
    detail: `The connection was given up. The statement was: ${redactConninfo(shownSql(place.sql))}`,
    hint: `Look for what it waits for: psql ... -c "SELECT pid, state, wait_event_type, wait_event, query FROM pg_stat_activity"`,
  });
}

export function connectionLost(server: string, cause: unknown): RepmgrError {
  const reason = cause instanceof Error ? redactConninfo(cause.message) : 'it was closed';
  return failure('connection_lost', {
    message: `the connection to PostgreSQL at "${server}" was lost`,
    detail: `${reason}.`,
    hint: `Check whether the server still runs: pg_isready ${pgIsReadyOptions(server)}`,
    cause,
  });
}

/** SQLSTATE of the server's error behind one of ours; undefined where it was none of the server's. */
export function sqlStateOf(error: unknown): string | undefined {
  const cause = error instanceof Error ? error.cause : undefined;
  return isServerError(cause) ? cause.code : undefined;
}

function hintFor(error: ServerError): string | undefined {
  switch (error.code) {
    case '42501':
      return 'Grant the role what it lacks; "repmgr cluster grants" prints that. Or use a superuser in the conninfo.';
    case '25006':
      return 'Run the command against the primary; if this is the primary, find out why it starts sessions read-only: SHOW default_transaction_read_only.';
    case '55P03':
    case '40P01':
      return 'Another session holds a lock: try again, or look at pg_locks.';
    default:
      return undefined;
  }
}

function shownSql(sql: string): string {
  const line = sql.replace(/\s+/g, ' ').trim();
  return line.length > shownSqlLength ? `${line.slice(0, shownSqlLength)}...` : line;
}

function pgIsReadyOptions(server: string): string {
  const separator = server.lastIndexOf(':');
  return `-h ${server.slice(0, separator).replace(/^\[|\]$/g, '')} -p ${server.slice(separator + 1)}`;
}
