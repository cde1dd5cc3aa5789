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

/**
 * A line that cannot be read: an error, or ignored with a warning as in repmgr 3. The message never shows the value:
 * the line may be the rest of a connection string with its password.
 */
export interface ParsedProblem {
  readonly kind: 'error' | 'ignored';
  readonly line: number;
  /** The first word of the line, where it could be a name. */
  readonly name?: string;
  readonly message: string;
}

export type ParsedLine = ParsedEntry | ParsedInclude | ParsedProblem;

type Value =
  | { readonly kind: 'value'; readonly value: string; readonly hasDroppedQuotes?: boolean }
  | { readonly kind: 'error'; readonly message: string };

/**
 * Splits the text of repmgr.conf into lines. Comments and empty lines are left out; LF, CRLF, CR and a byte order mark
 * are all right. It never throws.
 *
 * A value that begins with a quote is read as PostgreSQL reads it (`''` and backslash escapes inside). Any other value
 * is read as repmgr 3 read it: a blank and `#` end it, and quotes are dropped.
 */
export function parseConfiguration(text: string): readonly ParsedLine[] {
  return text
    .replace(/^\u{feff}/u, '')
    .split(/\r\n?|\n/)
    .flatMap((source, index) => parseLine(source.trim(), index + 1) ?? []);
}

function parseLine(text: string, line: number): ParsedLine | undefined {
  if (text === '' || text.startsWith('#')) return undefined;
  const include = /^(include|include_if_exists|include_dir)\s*(?:=\s*|\s|(?='))(.*)$/s.exec(text);
  if (include !== null) {
    return parseInclude(include[1] as ParsedInclude['directive'], include[2] ?? '', line);
  }
  // As in postgresql.conf the equals sign may be left out; one that stands in a quoted value does not count.
  const quoted = /^([A-Za-z_][\w.-]*)\s*('.*)$/s.exec(text);
  if (quoted !== null) return parseEntry(quoted[1] ?? '', quoted[2] ?? '', line, false);
  const equals = text.indexOf('=');
  const words = withoutComment(text);
  if (equals < 0 || equals > words.length) return parseWords(words, line);
  const name = text.slice(0, equals).replace(/\s/g, '');
  if (name === '')
    return { kind: 'ignored', line, message: 'there is no name before the equals sign; the line is ignored' };
  return parseEntry(name, text.slice(equals + 1).trim(), line, true);
}

function parseWords(words: string, line: number): ParsedLine {
  const [name = ''] = words.split(/\s/, 1);
  const raw = words.slice(name.length).trim();
  if (raw !== '') return parseEntry(name, raw, line, false);
  return { kind: 'ignored', line, name, message: 'there is no equals sign; the line is ignored' };
}

/** `hasEquals`: repmgr 3 skipped lines without an equals sign. */
function parseEntry(name: string, raw: string, line: number, hasEquals: boolean): ParsedLine {
  const reading = readValue(raw);
  if (reading.kind === 'error') return { kind: 'error', line, name, message: `${name}: ${reading.message}` };
  const { value } = reading;
  const before = hasEquals ? valueOfRepmgr3(raw) : undefined;
  return {
    kind: 'entry',
    line,
    name,
    value,
    isQuoted: raw.startsWith("'"),
    ...(reading.hasDroppedQuotes ? { hasDroppedQuotes: true } : {}),
    ...(before === value ? {} : { otherReading: { value: before } }),
  };
}

function parseInclude(directive: ParsedInclude['directive'], raw: string, line: number): ParsedLine {
  const reading = readValue(raw.trim());
  if (reading.kind === 'error') return { kind: 'error', line, message: `${directive}: ${reading.message}` };
  if (reading.value === '') return { kind: 'error', line, message: `${directive} needs a path` };
  return { kind: 'include', line, directive, path: reading.value };
}

function readValue(raw: string): Value {
  const reading = raw.startsWith("'") ? readQuotedValue(raw) : readBareValue(raw);
  if (reading.kind === 'error') return reading;
  if (reading.value.includes('\0')) return { kind: 'error', message: 'the value holds a zero byte' };
  // What is no UTF-8 was decoded to this character; in a comment nobody minds.
  if (reading.value.includes('\ufffd')) return { kind: 'error', message: 'the value is not UTF-8' };
  return reading;
}

function readBareValue(raw: string): Value {
  const text = withoutComment(raw);
  return { kind: 'value', value: text.replaceAll("'", '').trim(), hasDroppedQuotes: text.includes("'") };
}

function withoutComment(text: string): string {
  return text.replace(/(^|\s)#.*$/s, '');
}

function valueOfRepmgr3(raw: string): string {
  return raw.replace(/#.*$/s, '').replaceAll("'", '').trim();
}

/** The rules of postgresql.conf: https://www.postgresql.org/docs/current/config-setting.html */
function readQuotedValue(raw: string): Value {
  const quoted = /^'((?:[^'\\]|''|\\.)*)'(.*)$/s.exec(raw);
  if (quoted === null) return { kind: 'error', message: 'the value has no closing quote' };
  const [, inner = '', rest = ''] = quoted;
  if (!/^\s*(#.*)?$/s.test(rest)) {
    return {
      kind: 'error',
      message: "something stands after the closing quote; a quote inside is written twice: ''",
    };
  }
  return { kind: 'value', value: unescape(inner) };
}

const escapes: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };

function unescape(inner: string): string {
  return inner.replace(/''|\\([0-7]{1,3}|.)/gs, (_, escaped: string | undefined) => {
    if (escaped === undefined) return "'";
    if (/^[0-7]/.test(escaped)) return String.fromCharCode(Number.parseInt(escaped, 8) & 0xff);
    return escapes[escaped] ?? escaped;
  });
}
