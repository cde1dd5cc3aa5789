/**
 * Settings as they stand in PostgreSQL's configuration files: one line each, values quoted as the server reads them.
 * See https://www.postgresql.org/docs/current/config-setting.html#CONFIG-SETTING-CONFIGURATION-FILE
 */

export interface SettingLine {
  /** In lower case: names are case-insensitive. */
  readonly name: string;
  readonly value: string;
}

/** Quotes a value for postgresql.conf, postgresql.auto.conf or recovery.conf: a value never ends its line early. */
export function quoteSetting(value: string): string {
  const escaped = value
    .replaceAll('\\', '\\\\')
    .replaceAll("'", "''")
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r');
  return `'${escaped}'`;
}

/** @returns name and unquoted value of one line, or undefined for a blank line, a comment or one without a value */
export function parseSettingLine(line: string): SettingLine | undefined {
  const match = /^\s*([A-Za-z_][\w.$]*)(?:\s*=\s*|\s+)('(?:[^'\\]|\\.|'')*'|[^\s'#]+)/.exec(line);
  const name = match?.[1]?.toLowerCase();
  const written = match?.[2];
  if (name === undefined || written === undefined) {
    return undefined;
  }
  return { name, value: written.startsWith("'") ? unquoteSetting(written) : written };
}

function unquoteSetting(quoted: string): string {
  const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' };
  return quoted
    .slice(1, -1)
    .replace(/''|\\([0-7]{1,3}|.)/g, (whole: string, escaped: string | undefined) =>
      whole === "''" || escaped === undefined
        ? "'"
        : /^[0-7]/.test(escaped)
          ? String.fromCharCode(Number.parseInt(escaped, 8))
          : (escapes[escaped] ?? escaped),
    );
}
