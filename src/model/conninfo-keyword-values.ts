/** The keyword/value form of a connection string: blanks around `=`, quoted values, backslashes. */
import { isConninfoKeyword, isSecretKeyword } from './conninfo-keywords.ts';

export interface KeywordValue {
  readonly keyword: string;
  readonly value: string;
  /** Where the value stands in the text as written, quotes included: from `start` up to, without, `end`. */
  readonly start: number;
  readonly end: number;
}

export type KeywordValues =
  | { readonly kind: 'parsed'; readonly settings: readonly KeywordValue[] }
  | { readonly kind: 'invalid'; readonly reason: string; readonly position: number };

/** Reads all settings of a text, in order; a keyword may come twice, then the last one holds. */
export function parseKeywordValues(text: string): KeywordValues {
  const settings: KeywordValue[] = [];
  let position = skipBlanks(text, 0);
  while (position < text.length) {
    const written = readKeyword(text, position);
    if (text[written.next] !== '=') {
      const word = wordShown(written.keyword, settings);
      return { kind: 'invalid', reason: `missing "=" after ${word} in connection info string`, position };
    }
    const start = skipBlanks(text, written.next + 1);
    const read = text[start] === "'" ? readQuoted(text, start) : readBare(text, start);
    if (read === undefined) {
      return {
        kind: 'invalid',
        reason: 'unterminated quoted string in connection info string',
        position: start,
      };
    }
    const setting = renameObsolete(written.keyword, read.value);
    if (!isConninfoKeyword(setting.keyword)) {
      const word = wordShown(written.keyword, settings);
      return { kind: 'invalid', reason: `invalid connection option ${word}`, position };
    }
    settings.push({ ...setting, start, end: read.next });
    position = skipBlanks(text, read.next);
  }
  return { kind: 'parsed', settings };
}

/** After a password the word may be the rest of it: a blank without quotes. */
function wordShown(word: string, before: readonly KeywordValue[]): string {
  return before.some(({ keyword }) => isSecretKeyword(keyword))
    ? 'a word that follows a password'
    : `"${word}"`;
}

/** `requiressl` was replaced by `sslmode` in PostgreSQL 7.4; libpq still translates it. */
export function renameObsolete(keyword: string, value: string): { keyword: string; value: string } {
  return keyword === 'requiressl'
    ? { keyword: 'sslmode', value: value.startsWith('1') ? 'require' : 'prefer' }
    : { keyword, value };
}

function readKeyword(text: string, start: number): { keyword: string; next: number } {
  let end = start;
  while (end < text.length && text[end] !== '=' && !isBlank(text[end])) {
    end += 1;
  }
  return { keyword: text.slice(start, end), next: skipBlanks(text, end) };
}

function readBare(text: string, start: number): { value: string; next: number } {
  let value = '';
  let position = start;
  while (position < text.length && !isBlank(text[position])) {
    if (text[position] === '\\') {
      position += 1;
    }
    value += text[position] ?? '';
    position += 1;
  }
  return { value, next: Math.min(position, text.length) };
}

/** A closing quote ends the value at once: `host='a'port=1` holds two settings. */
function readQuoted(text: string, start: number): { value: string; next: number } | undefined {
  let value = '';
  for (let position = start + 1; position < text.length; position += 1) {
    if (text[position] === "'") {
      return { value, next: position + 1 };
    }
    if (text[position] === '\\') {
      position += 1;
    }
    value += text[position] ?? '';
  }
  return undefined;
}

function skipBlanks(text: string, start: number): number {
  let position = start;
  while (position < text.length && isBlank(text[position])) {
    position += 1;
  }
  return position;
}

/** What C's isspace() takes for a blank; a no-break space is none. */
function isBlank(character: string | undefined): boolean {
  return character !== undefined && ' \t\n\v\f\r'.includes(character);
}
