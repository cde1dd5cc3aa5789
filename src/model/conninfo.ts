/**
 * Connection strings of libpq: `host=node1 dbname=repmgr` and `postgresql://node1/repmgr`, read as libpq reads
 * them. Defaults of environment and service file come later, in src/postgres/conninfo-defaults.ts.
 */
import { isSecretKeyword } from './conninfo-keywords.ts';
import { parseKeywordValues } from './conninfo-keyword-values.ts';
import { isConninfoUri, parseUri } from './conninfo-uri.ts';
import type { Conninfo, ParsedConninfo } from './parsed-conninfo.ts';

export type { Conninfo, ParsedConninfo } from './parsed-conninfo.ts';
export { redactConninfo } from './redaction.ts';

/**
 * Reads a connection string in either form; reasons are worded as libpq words them, and never quote a value.
 * See https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING
 */
export function parseConninfo(text: string): ParsedConninfo {
  if (isConninfoUri(text)) {
    return parseUri(text);
  }
  const parsed = parseKeywordValues(text);
  return parsed.kind === 'invalid'
    ? parsed
    : {
        kind: 'parsed',
        conninfo: Object.fromEntries(parsed.settings.map(({ keyword, value }) => [keyword, value])),
      };
}

/** Writes the keyword/value form, in the order of the keys; `parseConninfo` reads the same settings back. */
export function formatConninfo(conninfo: Conninfo): string {
  return Object.entries(conninfo)
    .map(([keyword, value]) => `${keyword}=${quoteValue(value)}`)
    .join(' ');
}

/** Whether libpq takes the text for a connection string where it could also be a database's name. */
export function isConninfo(text: string): boolean {
  return isConninfoUri(text) || text.includes('=');
}

/** The settings that may be shown: passwords and keys are left out. */
export function withoutSecrets(conninfo: Conninfo): Conninfo {
  return Object.fromEntries(Object.entries(conninfo).filter(([keyword]) => !isSecretKeyword(keyword)));
}

/** Lays settings over settings: for each keyword the last part that has it wins. */
export function mergeConninfo(...parts: readonly (Conninfo | undefined)[]): Conninfo {
  const merged: Record<string, string> = {};
  for (const part of parts) {
    Object.assign(merged, part);
  }
  return merged;
}

function quoteValue(value: string): string {
  const needsQuotes = value === '' || /[\s'\\]/.test(value);
  return needsQuotes ? `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'` : value;
}
