/** Reads the text of repmgr.conf into its lines: names, raw values and include directives (docs/configuration.md). */

/** One `name = value`, not judged yet. */
export interface ParsedEntry {
  readonly kind: 'entry';
  readonly line: number;
  readonly name: string;
  readonly value: string;
  /** Whether the value began with a quote, and so was read by PostgreSQL's rules. */
  readonly isQuoted: boolean;
  /** What repmgr 3 reads on this line, where that is something else; undefined value: it skips the line. */
  readonly otherReading?: { readonly value: string | undefined };
  /** Whether quotes inside the value were dropped; PostgreSQL would refuse such a line. */
  readonly hasDroppedQuotes?: true;
}

/** `include 'path'` and its relatives, which repmgr 5.2 took over from PostgreSQL. */
export interface ParsedInclude {
  readonly kind: 'include';
  readonly line: number;
  readonly directive: 'include' | 'include_if_exists' | 'include_dir';
  readonly path: string;
}

/** A line that cannot be read: as an error, or ignored with a warning as in repmgr 3. */
export interface ParsedProblem {
  readonly kind: 'error' | 'ignored';
  readonly line: number;
  /** Before the equals sign, where the line got so far. */
  readonly name?: string;
  readonly message: string;
}

export type ParsedLine = ParsedEntry | ParsedInclude | ParsedProblem;

type Value =
  | { readonly kind: 'value'; readonly value: string; readonly hasDroppedQuotes?: boolean }
  | { readonly kind: 'error'; readonly message: string };

/**
 * Splits the text of repmgr.conf into lines. Comments and empty lines are left out; LF, CRLF and a byte order mark
 * are all right. It never throws.
 *
 * A value that begins with a quote is read as PostgreSQL reads it (`''` and backslash escapes inside). Any other value
 * is read as repmgr 3 read it: a blank and `#` end it, and quotes are dropped.
 */
export function parseConfiguration(text: string): readonly ParsedLine[] {
  return text
    .replace(/^\u{feff}/u, '')
    .split('\n')
    .flatMap((source, index) => parseLine(source, index + 1) ?? []);
}

function parseLine(source: string, line: number): ParsedLine | undefined {
  const text = source.trim();
  if (text === '' || text.startsWith('#')) return undefined;
  if (text.includes('\0')) return { kind: 'error', line, message: 'the line holds a zero byte' };
  const include = /^(include|include_if_exists|include_dir)\s*(?:=\s*|\s|(?='))(.*)$/.exec(text);
  if (include !== null) {
    return parseInclude(include[1] as ParsedInclude['directive'], include[2] ?? '', line);
  }
  const equals = text.indexOf('=');
  if (equals < 0) return parseWithoutEquals(text, line);
  const name = text.slice(0, equals).replace(/\s/g, '');
  if (name.startsWith('#')) return undefined;
  if (name === '') return { kind: 'ignored', line, message: 'there is no name before the equals sign' };
  const raw = text.slice(equals + 1).trim();
  const reading = readValue(raw);
  if (reading.kind === 'error') return { kind: 'error', line, name, message: `${name}: ${reading.message}` };
  const before = valueOfRepmgr3(raw);
  return {
    kind: 'entry',
    line,
    name,
    value: reading.value,
    isQuoted: raw.startsWith("'"),
    ...(reading.hasDroppedQuotes ? { hasDroppedQuotes: true } : {}),
    ...(before === reading.value ? {} : { otherReading: { value: before } }),
  };
}

/** PostgreSQL takes `name value` too; repmgr 3 skipped such lines. */
function parseWithoutEquals(text: string, line: number): ParsedLine {
  const parts = /^(\S+)\s+(.+)$/.exec(text);
  if (parts === null) return { kind: 'ignored', line, message: `"${text}" has no equals sign` };
  const [, name = '', raw = ''] = parts;
  const reading = readValue(raw);
  if (reading.kind === 'error') return { kind: 'error', line, name, message: `${name}: ${reading.message}` };
  const isQuoted = raw.startsWith("'");
  return { kind: 'entry', line, name, value: reading.value, isQuoted, otherReading: { value: undefined } };
}

function parseInclude(directive: ParsedInclude['directive'], raw: string, line: number): ParsedLine {
  const reading = readValue(raw.trim());
  if (reading.kind === 'error') return { kind: 'error', line, message: `${directive}: ${reading.message}` };
  if (reading.value === '') return { kind: 'error', line, message: `${directive} needs a path` };
  return { kind: 'include', line, directive, path: reading.value };
}

function readValue(raw: string): Value {
  if (raw.startsWith("'")) return readQuotedValue(raw);
  const text = raw.replace(/(^|\s)#.*$/, '');
  return { kind: 'value', value: text.replaceAll("'", '').trim(), hasDroppedQuotes: text.includes("'") };
}

function valueOfRepmgr3(raw: string): string {
  return raw.replace(/#.*$/, '').replaceAll("'", '').trim();
}

/** The rules of postgresql.conf: https://www.postgresql.org/docs/current/config-setting.html */
function readQuotedValue(raw: string): Value {
  const quoted = /^'((?:[^'\\]|''|\\.)*)'(.*)$/.exec(raw);
  if (quoted === null) return { kind: 'error', message: 'the value has no closing quote' };
  const [, inner = '', rest = ''] = quoted;
  if (!/^\s*(#.*)?$/.test(rest)) {
    return {
      kind: 'error',
      message: `"${rest.trim()}" stands after the closing quote; a quote inside is written twice`,
    };
  }
  return { kind: 'value', value: unescape(inner) };
}

const escapes: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };

function unescape(inner: string): string {
  return inner.replace(/''|\\([0-7]{1,3}|.)/g, (_, escaped: string | undefined) => {
    if (escaped === undefined) return "'";
    if (/^[0-7]/.test(escaped)) return String.fromCharCode(Number.parseInt(escaped, 8) & 0xff);
    return escapes[escaped] ?? escaped;
  });
}
