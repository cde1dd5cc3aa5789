/**
 * The value of primary_conninfo: how the WAL receiver of a standby reaches its upstream.
 * Built the same way by clone, follow and rejoin.
 */
import { limits } from '../limits.ts';
import { type Conninfo, formatConninfo } from '../model/conninfo.ts';
import type { ServerVersion } from './version.ts';

export interface PrimaryConninfoParts {
  /** How the upstream is reached: its registered conninfo, or what the command line says. */
  readonly upstream: Conninfo;
  /** The node's name; the upstream's pg_stat_replication and synchronous_standby_names know the standby by it. */
  readonly applicationName: string;
  /** Of the standby's own server: it decides which keywords its libpq knows. */
  readonly version: ServerVersion;
  /** Replaces `user` of the upstream's conninfo. */
  readonly replicationUser?: string | undefined;
  /** Keywords that only replication connections need (sslcert, sslkey, passfile, ...); they win. */
  readonly extras?: Conninfo | undefined;
  readonly passfile?: string | undefined;
  /** Leave the password out; the WAL receiver then finds it in a password file. */
  readonly withoutPassword?: boolean | undefined;
}

/** Of no use to a WAL receiver, or set by it itself. */
const droppedKeywords = [
  'replication',
  'fallback_application_name',
  'client_encoding',
  'service',
  'requiressl',
];

/**
 * Builds primary_conninfo. Keep-alives and tcp_user_timeout (PostgreSQL 12+) let the WAL receiver notice within
 * seconds that its upstream's host is gone; from PostgreSQL 17 on `dbname` is kept, slot synchronization needs it.
 * @returns a keyword/value string in which every value is escaped; it may hold a password
 */
export function primaryConninfo(parts: PrimaryConninfoParts): string {
  const { capabilities } = parts.version;
  const upstream = Object.fromEntries(
    Object.entries(parts.upstream).filter(([keyword]) => !droppedKeywords.includes(keyword)),
  );
  const { dbname, password, ...rest } = upstream;
  const merged: Record<string, string> = {
    ...rest,
    ...(capabilities.needsDbnameInPrimaryConninfo && dbname !== undefined ? { dbname } : {}),
    ...(password !== undefined && !parts.withoutPassword ? { password } : {}),
    application_name: parts.applicationName,
    ...withDefaults(rest, keepAlives(capabilities.supportsTcpUserTimeout)),
    ...(parts.replicationUser === undefined ? {} : { user: parts.replicationUser }),
    ...(parts.passfile === undefined ? {} : { passfile: parts.passfile }),
    ...parts.extras,
  };
  return formatConninfo(merged);
}

function keepAlives(supportsTcpUserTimeout: boolean): Record<string, string> {
  return {
    connect_timeout: String(limits.walReceiverConnectSeconds),
    keepalives: '1',
    keepalives_idle: String(limits.walReceiverKeepaliveIdleSeconds),
    keepalives_interval: String(limits.walReceiverKeepaliveIntervalSeconds),
    keepalives_count: String(limits.walReceiverKeepaliveCount),
    ...(supportsTcpUserTimeout ? { tcp_user_timeout: String(limits.walReceiverTcpUserTimeoutMs) } : {}),
  };
}

/** What the conninfo says about a keyword holds; a default only fills the gaps. */
function withDefaults(given: Conninfo, defaults: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(defaults).map(([keyword, value]) => [keyword, given[keyword] ?? value]),
  );
}
