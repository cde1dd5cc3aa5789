/** The URI form of a connection string: `postgresql://user:password@host1:port1,host2/dbname?keyword=value`. */
import { isConninfoKeyword } from './conninfo-keywords.ts';
import { renameObsolete } from './conninfo-keyword-values.ts';
import type { Conninfo, ParsedConninfo } from './parsed-conninfo.ts';

/** Thrown and caught in this file only. */
class InvalidUri extends Error {
  readonly position: number;

  constructor(reason: string, position: number) {
    super(reason);
    this.position = position;
  }
}

/** Whether the text begins as libpq's URIs do; libpq knows these two schemes, in lower case. */
export function isConninfoUri(text: string): boolean {
  return /^postgres(ql)?:\/\//.test(text);
}

/** Reads a URI; empty parts are as good as absent ones. */
export function parseUri(text: string): ParsedConninfo {
  try {
    return { kind: 'parsed', conninfo: readUri(text) };
  } catch (error) {
    if (error instanceof InvalidUri) {
      return { kind: 'invalid', reason: error.message, position: error.position };
    }
    throw error;
  }
}

function readUri(text: string): Conninfo {
  const settings: Record<string, string> = {};
  const store = (keyword: string, written: string, position: number) => {
    if (written !== '') {
      settings[keyword] = decode(written, position);
    }
  };

  const start = text.indexOf('://') + 3;
  const credentials = /^[^@/]*@/.exec(text.slice(start))?.[0];
  if (credentials !== undefined) {
    const [user = ''] = credentials.slice(0, -1).split(':', 1);
    store('user', user, start);
    store('password', credentials.slice(user.length + 1, -1), start + user.length + 1);
  }

  const authority = readHosts(text, start + (credentials?.length ?? 0));
  store('host', authority.hosts.join(','), start);
  store('port', authority.ports.join(','), start);

  let position = authority.next;
  if (text[position] === '/') {
    const end = endOf(text, position + 1, '?');
    store('dbname', text.slice(position + 1, end), position + 1);
    position = end;
  }
  readParameters(text, position + 1, settings);
  return settings;
}

function readHosts(text: string, start: number): { hosts: string[]; ports: string[]; next: number } {
  const hosts: string[] = [];
  const ports: string[] = [];
  let position = start;
  for (;;) {
    const host = text[position] === '[' ? readBracketedHost(text, position) : readHost(text, position);
    hosts.push(host.name);
    position = host.next;
    const portEnd = text[position] === ':' ? endOf(text, position, '/?,') : position;
    ports.push(text.slice(position + 1, portEnd));
    position = portEnd;
    if (text[position] !== ',') {
      // A single host without a port sets none; with several, empty entries keep their places.
      return { hosts, ports, next: position };
    }
    position += 1;
  }
}

function readHost(text: string, start: number): { name: string; next: number } {
  const next = endOf(text, start, ':/?,');
  return { name: text.slice(start, next), next };
}

function readBracketedHost(text: string, start: number): { name: string; next: number } {
  const end = text.indexOf(']', start);
  if (end === -1) {
    throw new InvalidUri(
      'end of string reached when looking for matching "]" in IPv6 host address in URI',
      start,
    );
  }
  if (end === start + 1) {
    throw new InvalidUri('IPv6 host address may not be empty in URI', start);
  }
  const after = text[end + 1];
  if (after !== undefined && !':/?,'.includes(after)) {
    throw new InvalidUri(
      `unexpected character "${after}" at position ${end + 2} in URI (expected ":" or "/")`,
      end + 1,
    );
  }
  return { name: text.slice(start + 1, end), next: end + 1 };
}

function readParameters(text: string, start: number, settings: Record<string, string>): void {
  let position = start;
  while (position < text.length) {
    const end = endOf(text, position, '&');
    const [name = '', value, surplus] = text.slice(position, end).split('=', 3);
    if (surplus !== undefined) {
      throw new InvalidUri(`extra key/value separator "=" in URI query parameter: "${name}"`, position);
    }
    if (value === undefined) {
      throw new InvalidUri(`missing key/value separator "=" in URI query parameter: "${name}"`, position);
    }
    const keyword = decode(name, position);
    const setting = fromJdbc(keyword, decode(value, position + name.length + 1));
    if (!isConninfoKeyword(setting.keyword)) {
      throw new InvalidUri(`invalid URI query parameter: "${keyword}"`, position);
    }
    settings[setting.keyword] = setting.value;
    position = end + 1;
  }
}

/** `ssl=true` is how JDBC's URIs ask for encryption; libpq takes it too. */
function fromJdbc(keyword: string, value: string): { keyword: string; value: string } {
  return keyword === 'ssl' && value === 'true'
    ? { keyword: 'sslmode', value: 'require' }
    : renameObsolete(keyword, value);
}

/** The offset of the first of `ends` at or after `start`, or the end of the text. */
function endOf(text: string, start: number, ends: string): number {
  let position = start;
  while (position < text.length && !ends.includes(text.charAt(position))) {
    position += 1;
  }
  return position;
}

function decode(written: string, position: number): string {
  const broken = /%(?![0-9a-fA-F]{2})/.exec(written);
  if (broken !== null) {
    throw new InvalidUri('invalid percent-encoded token in URI', position + broken.index);
  }
  const zero = written.indexOf('%00');
  if (zero !== -1) {
    throw new InvalidUri('forbidden value %00 in percent-encoded value', position + zero);
  }
  try {
    return decodeURIComponent(written);
  } catch {
    throw new InvalidUri('percent-encoded bytes are not valid UTF-8', position);
  }
}
