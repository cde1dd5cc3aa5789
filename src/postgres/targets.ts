/** The places that a conninfo names: hosts, addresses and ports, in the order in which they are tried. */
import { existsSync } from 'node:fs';
import { failure } from '../errors.ts';
import type { Conninfo } from '../model/conninfo.ts';

export interface Target {
  /** As given: a name, an address, or the directory of a unix socket; what .pgpass and certificates are checked against. */
  readonly host: string;
  readonly port: number;
  /** Given by hostaddr: no name has to be looked up. */
  readonly address: string | undefined;
  /** The file of the unix socket; undefined for TCP. */
  readonly socketPath: string | undefined;
}

/** Where servers put their sockets: Debian's and Red Hat's packages, and PostgreSQL's own default. */
const socketDirectories = ['/var/run/postgresql', '/tmp'] as const;

const defaultPort = 5432;

/**
 * All targets of a conninfo, in order, or shuffled where `load_balance_hosts=random` asks for it.
 * See https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-MULTIPLE-HOSTS
 * @throws RepmgrError conninfo_invalid where the lists do not fit together, or a port is none
 */
export function targetsOf(settings: Conninfo): readonly Target[] {
  const hosts = listOf(settings['host']);
  const addresses = listOf(settings['hostaddr']);
  const ports = listOf(settings['port']);
  const count = Math.max(addresses.length, hosts.length, 1);
  if (addresses.length > 0 && hosts.length > 0 && addresses.length !== hosts.length) {
    throw mismatch(`could not match ${hosts.length} host names to ${addresses.length} hostaddr values`);
  }
  if (ports.length > 1 && ports.length !== count) {
    throw mismatch(`could not match ${ports.length} port numbers to ${count} hosts`);
  }
  const targets = Array.from({ length: count }, (_unused, index) =>
    target(hosts[index] ?? '', addresses[index] ?? '', portOf(ports.length === 1 ? ports[0] : ports[index])),
  );
  return settings['load_balance_hosts'] === 'random' ? shuffle(targets) : targets;
}

/** How a target is called in messages: `node1:5432`, `[::1]:5432`, `/tmp:5432`. */
export function targetName({ host, port }: Pick<Target, 'host' | 'port'>): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Whether libpq would look this host up as `localhost` in a password file. */
export function isDefaultSocketDirectory(host: string): boolean {
  return socketDirectories.some((directory) => directory === host);
}

function target(host: string, address: string, port: number): Target {
  if (address !== '') {
    return { host: host === '' ? address : host, port, address, socketPath: undefined };
  }
  const place = host === '' ? defaultSocketDirectory(port) : host;
  return { host: place, port, address: undefined, socketPath: socketPathOf(place, port) };
}

/** `@name` is a socket in Linux's abstract namespace, `/name` one in a directory. */
function socketPathOf(host: string, port: number): string | undefined {
  if (host.startsWith('/')) {
    return `${host}/.s.PGSQL.${port}`;
  }
  return host.startsWith('@') ? `\0${host.slice(1)}/.s.PGSQL.${port}` : undefined;
}

function defaultSocketDirectory(port: number): string {
  const inUse = socketDirectories.find((directory) => existsSync(`${directory}/.s.PGSQL.${port}`));
  return inUse ?? socketDirectories.find((directory) => existsSync(directory)) ?? socketDirectories[1];
}

function portOf(text: string | undefined): number {
  if (text === undefined || text.trim() === '') {
    return defaultPort;
  }
  const port = /^\s*\d+\s*$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > 65_535) {
    // The text is not quoted: in a broken URI it can be a part of the password.
    throw failure('conninfo_invalid', {
      message: 'invalid port number in the conninfo',
      detail: 'A port is a number from 1 to 65535.',
      hint: 'In a URI, write "/", "@" and ":" inside a password as %2F, %40 and %3A.',
    });
  }
  return port;
}

function listOf(text: string | undefined): readonly string[] {
  return text === undefined || text === '' ? [] : text.split(',');
}

function mismatch(message: string): Error {
  return failure('conninfo_invalid', {
    message,
    detail: 'The lists of hosts, addresses and ports belong together, entry by entry.',
    hint: 'Give host, hostaddr and port the same number of entries, separated by commas, or a single port for all hosts.',
  });
}

function shuffle<Entry>(entries: readonly Entry[]): readonly Entry[] {
  return entries
    .map((entry) => ({ entry, rank: Math.random() }))
    .sort((one, other) => one.rank - other.rank)
    .map(({ entry }) => entry);
}
