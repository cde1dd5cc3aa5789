/**
 * Command lines of repmgr.conf with placeholders such as `%n`. Substitution knows how a POSIX shell reads the place
 * where a placeholder stands, so a value is always one word or part of one, whatever it contains.
 */

/** Where a placeholder stands: outside of quotes, inside `"..."`, or inside `'...'`. */
export type Quoting = 'bare' | 'double' | 'single';

/** Gives the text for the placeholder `%letter`, or undefined where this is no placeholder and stays as it is. */
export type Substitution = (letter: string, quoting: Quoting) => string | undefined;

interface Reader {
  readonly template: string;
  position: number;
  output: string;
  /** Innermost last; `$(...)` and backquotes begin bare text anew, also inside `"..."`. */
  readonly nesting: ('(' | '`' | '"')[];
}

/** Replaces each `%letter` that `substitute` knows; `%%` becomes `%`, any other `%x` is copied unchanged. */
export function substitutePlaceholders(template: string, substitute: Substitution): string {
  const reader: Reader = { template, position: 0, output: '', nesting: [] };
  while (reader.position < template.length) {
    if (readPlaceholder(reader, substitute, isInDoubleQuotes(reader) ? 'double' : 'bare')) continue;
    if (isInDoubleQuotes(reader)) readInDoubleQuotes(reader, substitute);
    else readBare(reader, substitute);
  }
  return reader.output;
}

/** A value as the shell must read it at this place to get exactly this value. */
export function quoteAt(value: string, quoting: Quoting): string {
  const text = value.replaceAll('\0', '');
  switch (quoting) {
    case 'single':
      return text.replaceAll("'", "'\\''");
    case 'double':
      return text.replace(/[\\"$`]/g, '\\$&');
    case 'bare':
      return `'${text.replaceAll("'", "'\\''")}'`;
  }
}

/** A reference to a variable as the shell must read it at this place to get exactly the variable's value. */
export function variableAt(name: string, quoting: Quoting): string {
  switch (quoting) {
    case 'single':
      return `'"\${${name}}"'`;
    case 'double':
      return `\${${name}}`;
    case 'bare':
      return `"\${${name}}"`;
  }
}

function isInDoubleQuotes(reader: Reader): boolean {
  return reader.nesting.at(-1) === '"';
}

function copy(reader: Reader, length = 1): void {
  reader.output += reader.template.slice(reader.position, reader.position + length);
  reader.position += length;
}

function readPlaceholder(reader: Reader, substitute: Substitution, quoting: Quoting): boolean {
  if (reader.template[reader.position] !== '%') return false;
  const letter = reader.template[reader.position + 1];
  const text = letter === '%' ? '%' : letter === undefined ? undefined : substitute(letter, quoting);
  if (text === undefined) {
    copy(reader);
    return true;
  }
  reader.output += text;
  reader.position += 2;
  return true;
}

/** A dollar sign or backslash must not take hold of what is put right after it. */
function isBeforePlaceholder(reader: Reader, substitute: Substitution): boolean {
  const letter = reader.template[reader.position + 2];
  return (
    reader.template[reader.position + 1] === '%' &&
    letter !== undefined &&
    substitute(letter, 'bare') !== undefined
  );
}

function readInDoubleQuotes(reader: Reader, substitute: Substitution): void {
  const character = reader.template[reader.position];
  if (character === '"') {
    reader.nesting.pop();
    copy(reader);
  } else if ((character === '\\' || character === '$') && isBeforePlaceholder(reader, substitute)) {
    reader.output += `\\${character}`;
    reader.position += 1;
  } else if (character === '\\') {
    copy(reader, 2);
  } else {
    readNesting(reader);
  }
}

function readBare(reader: Reader, substitute: Substitution): void {
  const character = reader.template[reader.position];
  if (character === "'") {
    readSingleQuotes(reader, substitute);
  } else if (character === '"') {
    reader.nesting.push('"');
    copy(reader);
  } else if ((character === '\\' || character === '$') && isBeforePlaceholder(reader, substitute)) {
    reader.output += character === '$' ? '\\$' : '';
    reader.position += 1;
  } else if (character === '\\') {
    copy(reader, 2);
  } else if (character === '#' && isWordStart(reader)) {
    const end = reader.template.indexOf('\n', reader.position);
    copy(reader, (end === -1 ? reader.template.length : end) - reader.position);
  } else if (character === ')' && reader.nesting.at(-1) === '(') {
    reader.nesting.pop();
    copy(reader);
  } else if (character === '(' && reader.nesting.length > 0) {
    reader.nesting.push('(');
    copy(reader);
  } else {
    readNesting(reader);
  }
}

function readSingleQuotes(reader: Reader, substitute: Substitution): void {
  copy(reader);
  while (reader.position < reader.template.length && reader.template[reader.position] !== "'") {
    if (!readPlaceholder(reader, substitute, 'single')) copy(reader);
  }
  copy(reader);
}

function readNesting(reader: Reader): void {
  if (reader.template.startsWith('$(', reader.position)) {
    reader.nesting.push('(');
    copy(reader, 2);
  } else if (reader.template[reader.position] === '`') {
    const opened = reader.nesting.lastIndexOf('`');
    if (opened === -1) reader.nesting.push('`');
    else reader.nesting.length = opened;
    copy(reader);
  } else {
    copy(reader);
  }
}

function isWordStart(reader: Reader): boolean {
  return reader.position === 0 || /[\s;&|()]/.test(reader.template[reader.position - 1] ?? '');
}
