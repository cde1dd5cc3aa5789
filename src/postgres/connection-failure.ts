/** Tells a user why no connection came about, and what to run or change next. No password is ever in it. */
import { failure, type RepmgrError } from '../errors.ts';
import { type Conninfo, formatConninfo, redactConninfo } from '../model/conninfo.ts';
import type { AttemptFailure } from './connection-attempt.ts';
import { targetName } from './targets.ts';

/** @param failures at least one, in the order of the tries */
export function connectionFailure(
  failures: readonly AttemptFailure[],
  settings: Conninfo,
  isReplication: boolean,
): RepmgrError {
  const last = failures.at(-1);
  const names = [...new Set(failures.map(({ target }) => targetName(target)))];
  const place = names.length === 1 ? `"${names[0]}"` : `any of ${names.length} hosts`;
  const detail = failures
    .map(({ target, reason }) => `${targetName(target)}: ${redactConninfo(reason)}.`)
    .filter((line, index, lines) => lines.indexOf(line) === index)
    .join(' ');
  const purpose = isReplication ? 'open a replication connection to' : 'connect to';
  if (last?.kind === 'password') {
    return failure('password_refused', {
      message: `could not ${purpose} PostgreSQL at ${place}: the password was refused or is missing`,
      detail,
      hint: passwordHint(last, settings, isReplication),
      cause: last,
    });
  }
  return failure('connection_failed', {
    message: `could not ${purpose} PostgreSQL at ${place}`,
    detail,
    hint: last === undefined ? undefined : hintFor(last, settings, isReplication),
    cause: last,
  });
}

/** The last try behind an error of `connect()`, for those who tell a refusal from silence; undefined for other errors. */
export function attemptFailureOf(error: RepmgrError): AttemptFailure | undefined {
  const cause = error.cause;
  return typeof cause === 'object' && cause !== null && 'kind' in cause && 'target' in cause
    ? (cause as AttemptFailure)
    : undefined;
}

/** Whether the host was not even asked, because nobody knew its address. */
export function isNameUnknown({ code }: AttemptFailure): boolean {
  return code === 'ENOTFOUND' || code === 'EAI_AGAIN';
}

/** Whether an error of `connect()` means that nobody answered, not that a server said no. */
export function isUnanswered(error: RepmgrError): boolean {
  const kind = attemptFailureOf(error)?.kind;
  return kind === 'unreachable' || kind === 'timeout';
}

function passwordHint(failed: AttemptFailure, settings: Conninfo, isReplication: boolean): string {
  if (failed.remedy !== undefined) {
    return failed.remedy;
  }
  const database = isReplication ? 'replication' : (settings['dbname'] ?? '*');
  const line = `${failed.target.host}:${failed.target.port}:${database}:${settings['user'] ?? '*'}:PASSWORD`;
  return `Put the line ${line} into ${passfileName(settings)} (mode 0600), then try: ${psqlLine(failed, settings)}`;
}

function hintFor(failed: AttemptFailure, settings: Conninfo, isReplication: boolean): string {
  if (isNameUnknown(failed)) {
    return `Check the spelling of the host in the conninfo, and the resolver: getent hosts ${failed.target.host}`;
  }
  const host = `-h ${failed.target.host} -p ${failed.target.port}`;
  switch (failed.kind) {
    case 'encryption':
      if (failed.remedy !== undefined) return failed.remedy;
      return `Look at the server's certificate: openssl s_client -starttls postgres -connect ${targetName(failed.target)}; sslmode is explained in docs/connections.md.`;
    case 'not_postgresql':
      return `Is it a PostgreSQL that listens there? Check: pg_isready ${host}`;
    case 'timeout':
      return `The host may be down, a firewall may drop its packets, or the server hangs: pg_isready ${host} -t 3`;
    case 'unreachable':
      return `Is the server running, and does it listen there (listen_addresses, port)? Check: pg_isready ${host}`;
    case 'role':
      return 'Leave out target_session_attrs, or add the hosts of the other nodes to the conninfo.';
    case 'password':
    case 'refused':
      return refusalHint(failed, settings, isReplication);
  }
}

function refusalHint(failed: AttemptFailure, settings: Conninfo, isReplication: boolean): string {
  const user = settings['user'] ?? '';
  const database = settings['dbname'] ?? '';
  const place = `-h ${failed.target.host} -p ${failed.target.port}`;
  const hints: Readonly<Record<string, string>> = {
    '28000': authorizationHint(failed, user, isReplication ? 'replication' : database),
    '3D000': `Create the database on the primary: createdb ${place} -O ${user} ${database}`,
    '57P03': isWithoutHotStandby(failed)
      ? 'Set "hot_standby = on" in postgresql.conf of that standby, and restart it: it lets nobody in, and nobody can look after it.'
      : `The server is starting, stopping or recovering; wait until it accepts connections: pg_isready ${place}`,
    '53300': isReplication
      ? 'Raise max_wal_senders (and max_connections) on that server, or end replication connections that nobody needs.'
      : 'Raise max_connections on that server, or end sessions: SELECT pid, usename, application_name FROM pg_stat_activity;',
    '42501': isReplication
      ? `Allow replication to the role: ALTER ROLE "${user}" REPLICATION;`
      : `What the server says of files is about its data directory: they must belong to the user that runs it. Else try: ${psqlLine(failed, settings)}`,
  };
  return hints[failed.code ?? ''] ?? `Try the same with: ${psqlLine(failed, settings)}`;
}

function authorizationHint(failed: AttemptFailure, user: string, database: string): string {
  if (/^role ".*" does not exist/.test(failed.reason)) {
    return `Create the role on the primary: CREATE ROLE "${user}" LOGIN REPLICATION;`;
  }
  if (/^role ".*" is not permitted to log in/.test(failed.reason)) {
    return `Let the role log in, as another superuser on the primary: ALTER ROLE "${user}" LOGIN;`;
  }
  return `Add to pg_hba.conf of that server, then reload it: ${hbaLine(failed, user, database)}`;
}

/** Since 14; before, such a standby says for ever that it is starting up. */
function isWithoutHotStandby({ reason }: AttemptFailure): boolean {
  return reason.includes('the database system is not accepting connections');
}

function hbaLine(failed: AttemptFailure, user: string, database: string): string {
  if (failed.target.socketPath !== undefined) {
    return `local ${database} ${user} scram-sha-256`;
  }
  const address = (failed.localAddress ?? '127.0.0.1').replace(/^::ffff:/, '');
  const width = address.includes(':') ? 128 : 32;
  return `host ${database} ${user} ${address}/${width} scram-sha-256`;
}

/** The same connection by hand, without its secrets. */
function psqlLine(failed: AttemptFailure, settings: Conninfo): string {
  const wanted: readonly string[] = [
    'user',
    'dbname',
    'sslmode',
    'sslrootcert',
    'sslcert',
    'sslkey',
    'passfile',
  ];
  const shown = Object.fromEntries(Object.entries(settings).filter(([name]) => wanted.includes(name)));
  const conninfo = formatConninfo({
    host: failed.target.host,
    port: String(failed.target.port),
    ...shown,
  });
  return `psql "${conninfo.replace(/(["$`\\])/g, '\\$1')}" -c "select 1"`;
}

function passfileName(settings: Conninfo): string {
  const given = settings['passfile'];
  return given === undefined || given === '' ? '~/.pgpass' : given;
}
