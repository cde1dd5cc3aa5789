/**
 * Password files: `host:port:database:user:password` lines, `*` for anything, ignored where others may read them.
 * See https://www.postgresql.org/docs/current/libpq-pgpass.html
 */
import { readFile, stat } from 'node:fs/promises';

export interface PasswordRequest {
  /** As given: a name, an address, or the directory of a unix socket. */
  readonly host: string;
  readonly port: number;
  /** `replication` for a walsender connection. */
  readonly database: string;
  readonly user: string;
}

/** `unusable` says in a sentence why the file was not read; libpq warns and goes on without it. */
export type PasswordAnswer =
  | { readonly kind: 'found'; readonly password: string }
  | { readonly kind: 'no_entry' }
  | { readonly kind: 'missing' }
  | { readonly kind: 'unusable'; readonly reason: string; readonly remedy: string };

/** Looks a password up as libpq does; the first line that fits holds. Never throws. */
export async function readPasswordFile(path: string, request: PasswordRequest): Promise<PasswordAnswer> {
  try {
    const status = await stat(path);
    if (!status.isFile()) {
      return {
        kind: 'unusable',
        reason: `password file "${path}" is not a plain file`,
        remedy: `Make "${path}" a plain file with mode 0600.`,
      };
    }
    if ((status.mode & 0o077) !== 0) {
      return {
        kind: 'unusable',
        reason: `password file "${path}" was ignored, as others have access to it (mode ${(status.mode & 0o777).toString(8).padStart(4, '0')})`,
        remedy: `Run: chmod 0600 ${path}`,
      };
    }
    const password = findPassword(await readFile(path, 'utf8'), request);
    return password === undefined ? { kind: 'no_entry' } : { kind: 'found', password };
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    return isMissing
      ? { kind: 'missing' }
      : {
          kind: 'unusable',
          reason: `password file "${path}" cannot be read`,
          remedy: `Give it to the user that runs this program: chown and chmod 0600 ${path}`,
        };
  }
}

/** Pure: the password of the first line that fits. */
export function findPassword(text: string, request: PasswordRequest): string | undefined {
  const wanted = [request.host, String(request.port), request.database, request.user];
  for (const line of text.split(/\r?\n/)) {
    if (line.startsWith('#')) {
      continue;
    }
    const { fields, rest } = splitFields(line);
    if (fields.length === 4 && wanted.every((value, index) => matches(fields[index], value))) {
      return unescape(rest);
    }
  }
  return undefined;
}

/** The first four fields as written, and all that follows the fourth colon; an escaped colon ends none. */
function splitFields(line: string): { fields: readonly string[]; rest: string } {
  const fields: string[] = [];
  let rest = line;
  while (fields.length < 4) {
    const match = /^((?:\\.|[^\\:])*):/.exec(rest);
    if (match === null) {
      break;
    }
    fields.push(match[1] ?? '');
    rest = rest.slice(match[0].length);
  }
  return { fields, rest };
}

function matches(field: string | undefined, value: string): boolean {
  return field === '*' || (field !== undefined && unescape(field) === value);
}

function unescape(field: string): string {
  return field.replace(/\\(.)/g, '$1');
}
