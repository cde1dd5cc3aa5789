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

  test('text after the closing quote is an error, which does not show it: it may be a password', () => {
    const [line] = parseConfiguration("conninfo='host=a password='se cret''");
    expect(line).toMatchObject({ kind: 'error', name: 'conninfo' });
    expect(JSON.stringify(line)).not.toContain('cret');
  });

  test('text that was quoted by its rules is read back', () => {
    const text = fc.string({ unit: 'grapheme' }).filter((value) => !/[\n\r\0\ufffd]/.test(value));
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

  test.each([
    "conninfo 'host=a user=b' # c",
    "conninfo'host=a user=b'",
    "conninfo\t'host=a user=b'",
    "conninfo = 'host=a user=b'",
  ])('an equals sign inside of quotes is not that of the line: %j', (line) => {
    expect(parseConfiguration(line)).toMatchObject([
      { kind: 'entry', name: 'conninfo', value: 'host=a user=b' },
    ]);
  });

  test('an equals sign in a comment is not that of the line either', () => {
    expect(parseConfiguration('failover manual # or = automatic')).toMatchObject([
      { kind: 'entry', name: 'failover', value: 'manual' },
    ]);
  });

  test('a word alone and a line without a name are ignored, and not shown', () => {
    expect(parseConfiguration('word # comment\n=secret')).toEqual([
      { kind: 'ignored', line: 1, name: 'word', message: 'there is no equals sign; the line is ignored' },
      { kind: 'ignored', line: 2, message: 'there is no name before the equals sign; the line is ignored' },
    ]);
  });

  test('lines may end as on Unix, Windows or an old Macintosh', () => {
    for (const end of ['\n', '\r\n', '\r']) {
      expect(parseConfiguration(`a=1${end}b=2`)).toMatchObject([
        { line: 1, name: 'a', value: '1' },
        { line: 2, name: 'b', value: '2' },
      ]);
    }
  });

  test.each(['node=1\0', "node='\\0001'"])('a zero byte in a value is an error: %j', (line) => {
    expect(parseConfiguration(line)).toMatchObject([{ kind: 'error', line: 1, name: 'node' }]);
  });

  test('what is no UTF-8 is an error in a value, and allowed in a comment', () => {
    const text = Buffer.from('node_name=caf\xe9\nnode=1 # caf\xe9', 'latin1').toString('utf8');
    expect(parseConfiguration(text)).toMatchObject([
      { kind: 'error', line: 1, message: 'node_name: the value is not UTF-8' },
      { kind: 'entry', line: 2, value: '1' },
    ]);
  });

  test.each([
    ["include 'a.conf'", 'include', 'a.conf'],
    ["include_if_exists='a.conf'", 'include_if_exists', 'a.conf'],
    ['include_dir conf.d # more', 'include_dir', 'conf.d'],
  ])('%j is a directive', (line, directive, path) => {
    expect(parseConfiguration(line)).toEqual([{ kind: 'include', line: 1, directive, path }]);
  });

  test('a line as long as the file may be is read at once', () => {
    const half = 512 * 1024;
    const started = performance.now();
    for (const line of [
      `x='${"''".repeat(half)}'`,
      `x='${'\\a'.repeat(half)}`,
      `x=${' #'.repeat(half)}\u2028`,
      `x${' '.repeat(2 * half)}y`,
    ]) {
      expect(parseConfiguration(line)).toHaveLength(1);
    }
    expect(performance.now() - started).toBeLessThan(5_000);
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
