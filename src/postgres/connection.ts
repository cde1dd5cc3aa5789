/**
 * One connection to one PostgreSQL server, for one purpose: no pool, no reconnecting behind anyone's back. What a
 * conninfo may hold, and which defaults apply: docs/connections.md.
 */
import { RepmgrError } from '../errors.ts';
import { limits } from '../limits.ts';
import type { Conninfo } from '../model/conninfo.ts';
import { throwIfInterrupted } from '../system/clock.ts';
import { beforeDeadline, DeadlineExceeded } from './deadline.ts';
import type { DriverResult } from './driver.ts';
import { keepOpen, type OpenClient } from './open-client.ts';
import { openSession, type Session } from './session.ts';
import { statementFailure, statementTimeout } from './statement-failure.ts';
import { parseVersionText, type ServerVersion, serverVersion } from './version.ts';

export { sqlStateOf } from './statement-failure.ts';

export interface QueryOptions {
  /** How long PostgreSQL may take for this statement; the connection is destroyed when it takes longer. */
  readonly deadlineMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface ConnectOptions {
  /** For all hosts together; the conninfo's connect_timeout (per host) holds where it is shorter. */
  readonly deadlineMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface Connection {
  readonly version: ServerVersion;
  /** The host (or socket directory) and port that answered, of those in the conninfo. */
  readonly host: string;
  /** What the conninfo gives as hostaddr for it, so that no name has to be looked up; else the host. */
  readonly address: string;
  readonly port: number;
  /** The settings that were used, defaults of environment and service file included; no password. */
  readonly conninfo: Conninfo;
  /**
   * Runs one statement with `$1` parameters and gives its rows. Columns are null, boolean, number (up to 4 bytes),
   * Date, or text; bigint and pg_lsn are text.
   * @throws RepmgrError query_failed, query_timeout or connection_lost
   */
  query<Row extends object>(
    sql: string,
    parameters?: readonly unknown[],
    options?: QueryOptions,
  ): Promise<Row[]>;
  /**
   * Runs statements without parameters in one round trip, and gives the rows of each.
   * @throws RepmgrError as query()
   */
  queryEach<Rows extends readonly (readonly object[])[]>(
    statements: readonly string[],
    options?: QueryOptions,
  ): Promise<Rows>;
  /** BEGIN, `work`, COMMIT; ROLLBACK when `work` throws. Each statement sees what others committed before it. */
  transaction<Result>(work: () => Promise<Result>): Promise<Result>;
  /** Calls back once, when the connection has ended in whatever way, `close` too; at once where it is over already. */
  whenLost(callback: (reason: RepmgrError) => void): void;
  /** Never throws; safe to call twice. */
  close(): Promise<void>;
}

/**
 * Connects to the first host of a conninfo that answers. Gaps are filled from service file, environment (PGHOST, ...)
 * and libpq's defaults. Sessions are called `repmgr` where no application_name is given, and commit without waiting
 * for synchronous standbys.
 * @throws RepmgrError conninfo_invalid, connection_failed, password_refused, server_version_unsupported, interrupted
 */
export async function connect(
  conninfo: Conninfo | string,
  options: ConnectOptions = {},
): Promise<Connection> {
  const session = await openSession(conninfo, { ...options, isReplication: false });
  const client = keepOpen(session);
  try {
    return new PostgresConnection(session, client);
  } catch (error) {
    await client.close();
    throw error;
  }
}

/** The version that a server told when the session began. @throws RepmgrError server_version_unsupported */
export function versionOfSession(session: Session): ServerVersion {
  return serverVersion(parseVersionText(session.parameters.get('server_version') ?? '') ?? 0);
}

class PostgresConnection implements Connection {
  readonly version: ServerVersion;
  readonly host: string;
  readonly address: string;
  readonly port: number;
  readonly conninfo: Conninfo;
  readonly #session: Session;
  readonly #client: OpenClient;
  /** The end of the statement before: one at a time, the deadline of each begins when it is sent. */
  #previous: Promise<unknown> = Promise.resolve();

  constructor(session: Session, client: OpenClient) {
    this.version = versionOfSession(session);
    this.host = session.target.host;
    this.address = session.target.address ?? session.target.host;
    this.port = session.target.port;
    this.conninfo = session.settings;
    this.#session = session;
    this.#client = client;
  }

  async query<Row extends object>(
    sql: string,
    parameters: readonly unknown[] = [],
    options: QueryOptions = {},
  ): Promise<Row[]> {
    // A text of several statements has several results; the last one is what was asked for.
    return ((await this.#runInTurn(sql, parameters, options)).at(-1)?.rows ?? []) as Row[];
  }

  async queryEach<Rows extends readonly (readonly object[])[]>(
    statements: readonly string[],
    options: QueryOptions = {},
  ): Promise<Rows> {
    const results = await this.#runInTurn(statements.join(';\n'), [], options);
    return results.map(({ rows }) => rows) as unknown as Rows;
  }

  async transaction<Result>(work: () => Promise<Result>): Promise<Result> {
    // Behind a lock, what was committed before it must be seen, whatever default_transaction_isolation says.
    await this.query('BEGIN ISOLATION LEVEL READ COMMITTED');
    try {
      const result = await work();
      await this.query('COMMIT');
      return result;
    } catch (error) {
      // Where the connection is gone the server rolls back by itself.
      await this.query('ROLLBACK').catch(() => undefined);
      throw error;
    }
  }

  whenLost(callback: (reason: RepmgrError) => void): void {
    this.#client.whenLost(callback);
  }

  async close(): Promise<void> {
    await this.#client.close();
  }

  async #runInTurn(
    sql: string,
    parameters: readonly unknown[],
    options: QueryOptions,
  ): Promise<readonly DriverResult[]> {
    const run = this.#previous.then(() => this.#run(sql, parameters, options));
    this.#previous = run.catch(() => undefined);
    return await run;
  }

  async #run(
    sql: string,
    parameters: readonly unknown[],
    options: QueryOptions,
  ): Promise<readonly DriverResult[]> {
    const { signal, deadlineMs = limits.queryMs } = options;
    throwIfInterrupted(signal);
    this.#client.throwIfLost();
    try {
      const result = await beforeDeadline(this.#session.client.query(sql, parameters), {
        deadlineMs,
        signal,
      });
      return 'rows' in result ? [result] : result;
    } catch (error) {
      throw this.#explain(error, sql, deadlineMs);
    }
  }

  #explain(error: unknown, sql: string, deadlineMs: number): RepmgrError {
    const place = { server: this.#client.server, sql };
    if (error instanceof DeadlineExceeded) {
      const reason = statementTimeout(deadlineMs, place);
      this.#client.abandon(reason);
      return reason;
    }
    if (error instanceof RepmgrError) {
      this.#client.abandon(error);
      return error;
    }
    return statementFailure(error, place);
  }
}
