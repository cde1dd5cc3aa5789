/** One connection to one PostgreSQL server. */
import type { Conninfo } from '../model/conninfo.ts';
import type { ServerVersion } from './version.ts';

export interface QueryOptions {
  /** How long PostgreSQL may take for this statement; the connection is destroyed when it takes longer. */
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal;
}

export interface ConnectOptions {
  /** `physical` opens a walsender connection (replication=true); only replication commands work there. */
  readonly replication?: 'physical';
  /** For all hosts together; the conninfo's connect_timeout (per host) holds where it is shorter. */
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal;
}

export interface Connection {
  readonly version: ServerVersion;
  /** The host (or socket directory) and port that answered, of those in the conninfo. */
  readonly host: string;
  readonly port: number;
  /** The settings that were used, defaults of environment and service file included; no password. */
  readonly conninfo: Conninfo;
  /**
   * Runs one statement with `$1` parameters and gives its rows.
   * @throws RepmgrError query_failed, query_timeout or connection_lost
   */
  query<Row extends object>(sql: string, parameters?: readonly unknown[], options?: QueryOptions): Promise<Row[]>;
  /** BEGIN, `work`, COMMIT; ROLLBACK when `work` throws. */
  transaction<Result>(work: () => Promise<Result>): Promise<Result>;
  /** Never throws; safe to call twice. */
  close(): Promise<void>;
}
