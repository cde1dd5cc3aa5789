import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseConfiguration, type ParsedEntry } from '../../src/config/parse.ts';

function entryOf(line: string): ParsedEntry {
  const [entry] = parseConfiguration(line);
  if (entry?.kind !== 'entry') throw new Error(`not an entry: ${JSON.stringify(entry)}`);
  return entry;
}

describe('a value without quotes is read as repmgr 3 read it', () => {
  test.each([
    ['node=1', '1'],
    ['node = 1', '1'],
    ['  node\t=\t1  ', '1'],
    ['node=1\r', '1'],
    ['node=1 # the first', '1'],
    ['node=1\t# the first', '1'],
    ['conninfo=host=a user=b', 'host=a user=b'],
    ['pg_ctl_options=-o "-c x=1"', '-o "-c x=1"'],
    ['rsync_options=a\\b', 'a\\b'],
    ['node=', ''],
    ['node=# nothing', ''],
  ])('%j', (line, value) => {
    expect(entryOf(line)).toEqual({
      kind: 'entry',
      line: 1,
      name: line.split('=')[0]?.trim(),
      value,
      isQuoted: false,
    });
  });

  test('blanks inside the name do not count', () => {
    expect(entryOf('no de=1').name).toBe('node');
  });

  test('quotes inside are dropped, and that is told', () => {
    expect(entryOf("promote_command=sh -c 'date'")).toMatchObject({
      value: 'sh -c date',
      hasDroppedQuotes: true,
    });
  });

  test('a # without a blank before it belongs to the value, where repmgr 3 cut it', () => {
    expect(entryOf('passfile=/a#b')).toMatchObject({ value: '/a#b', otherReading: { value: '/a' } });
  });
});

describe('a value that begins with a quote is read as PostgreSQL reads it', () => {
  test.each([
    ["node_name='a b'", 'a b'],
    ["node_name='a' # comment", 'a'],
    ["node_name='a'#comment", 'a'],
    ["node_name=''", ''],
  ])('%j', (line, value) => {
    expect(entryOf(line)).toMatchObject({ value, isQuoted: true });
    expect(entryOf(line).otherReading).toBeUndefined();
  });

  test.each([
    ["x='it''s'", "it's", 'its'],
    ["x='it\\'s'", "it's", 'it\\s'],
    ["x='a#b'", 'a#b', 'a'],
    ["x='a\\\\b'", 'a\\b', 'a\\\\b'],
    ["x='a\\tb'", 'a\tb', 'a\\tb'],
    ["x='\\101'", 'A', '\\101'],
    ["x=' a'", ' a', 'a'],
  ])('%j gives %j, where repmgr 3 read %j', (line, value, other) => {
    expect(entryOf(line)).toMatchObject({ value, otherReading: { value: other } });
  });

  test('a missing closing quote is an error', () => {
    expect(parseConfiguration("\nx='a\n")).toEqual([
      { kind: 'error', line: 2, name: 'x', message: 'x: the value has no closing quote' },
    ]);
  });

  test('text after the closing quote is an error that shows the text', () => {
    const [line] = parseConfiguration("x='a' b");
    expect(line).toMatchObject({ kind: 'error', message: expect.stringContaining('"b" stands after') });
  });

  test('text that was quoted by its rules is read back', () => {
    const text = fc.string({ unit: 'grapheme' }).filter((value) => !/[\n\r\0]/.test(value));
    fc.assert(
      fc.property(text, (value) => {
        const quoted = value.replaceAll('\\', '\\\\').replaceAll("'", "''");
        expect(entryOf(`x='${quoted}' # end`).value).toBe(value);
      }),
    );
  });
});

describe('lines', () => {
  test('empty lines, comments and a byte order mark are skipped; lines are counted from 1', () => {
    const text = '\u{feff}# a\r\n\r\n   # b\r\nnode=1\r\n';
    expect(parseConfiguration(text)).toEqual([
      { kind: 'entry', line: 4, name: 'node', value: '1', isQuoted: false },
    ]);
  });

  test('PostgreSQL takes a line without an equals sign; repmgr 3 skipped it', () => {
    expect(entryOf('node 1')).toMatchObject({ name: 'node', value: '1', otherReading: { value: undefined } });
  });

  test('a word alone and a line without a name are ignored', () => {
    expect(parseConfiguration('word\n=1')).toMatchObject([
      { kind: 'ignored', line: 1 },
      { kind: 'ignored', line: 2 },
    ]);
  });

  test('a zero byte is an error', () => {
    expect(parseConfiguration('node=1\0')).toMatchObject([{ kind: 'error', line: 1 }]);
  });

  test.each([
    ["include 'a.conf'", 'include', 'a.conf'],
    ["include_if_exists='a.conf'", 'include_if_exists', 'a.conf'],
    ['include_dir conf.d # more', 'include_dir', 'conf.d'],
  ])('%j is a directive', (line, directive, path) => {
    expect(parseConfiguration(line)).toEqual([{ kind: 'include', line: 1, directive, path }]);
  });

  test('whatever the text is, nothing is thrown and no line is counted twice', () => {
    const piece = fc.oneof(
      fc.string(),
      fc.constantFrom("'", '\\', '=', '#', '\n', '\r\n', "''", 'node=', "x='"),
    );
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const text = pieces.join('');
        const numbers = parseConfiguration(text).map((line) => line.line);
        expect(new Set(numbers).size).toBe(numbers.length);
        expect(Math.max(0, ...numbers)).toBeLessThanOrEqual(text.split('\n').length);
      }),
    );
  });
});
