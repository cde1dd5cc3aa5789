import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { conninfoKeywords } from '../../src/model/conninfo-keywords.ts';
import { formatConninfo, isConninfo, mergeConninfo, parseConninfo } from '../../src/model/conninfo.ts';

const settings = fc.dictionary(fc.constantFrom(...conninfoKeywords), fc.string({ unit: 'grapheme' }), {
  noNullPrototype: true,
});

function parsed(text: string) {
  const result = parseConninfo(text);
  return result.kind === 'parsed' ? result.conninfo : `${result.reason} @${result.position}`;
}

describe('keyword/value strings', () => {
  it('read back what was formatted, whatever the values hold', () => {
    fc.assert(
      fc.property(settings, (conninfo) => {
        expect(parsed(formatConninfo(conninfo))).toEqual(conninfo);
      }),
    );
  });

  it('are read or refused, never a crash', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(['parsed', 'invalid']).toContain(parseConninfo(text).kind);
        expect(['parsed', 'invalid']).toContain(parseConninfo(`postgres://${text}`).kind);
      }),
    );
  });

  it.each([
    ['host=node1 port=5433', { host: 'node1', port: '5433' }],
    ["  host = 'node 1'\tuser=\\'a\\ b\n", { host: 'node 1', user: "'a b" }],
    ["host='a'port=1", { host: 'a', port: '1' }],
    ["password='it\\'s \\\\ here'", { password: "it's \\ here" }],
    ["host=''", { host: '' }],
    ['host= port=5432', { host: 'port=5432' }],
    ['host=a host=b', { host: 'b' }],
    ['requiressl=1', { sslmode: 'require' }],
    ['options=-cgeqo=off', { options: '-cgeqo=off' }],
    ['host=a\\', { host: 'a' }],
    ['', {}],
  ])('%j gives %j', (text, expected) => {
    expect(parsed(text)).toEqual(expected);
  });

  it.each([
    ['host', 'missing "=" after "host" in connection info string @0'],
    ['user=a host port=1', 'missing "=" after "host" in connection info string @7'],
    ["host='a", 'unterminated quoted string in connection info string @5'],
    ['hots=a', 'invalid connection option "hots" @0'],
    ['=a', 'invalid connection option "" @0'],
  ])('%j is refused: %s', (text, expected) => {
    expect(parsed(text)).toBe(expected);
  });

  it('do not repeat the second word of a password that lacks its quotes', () => {
    expect(parsed('password=two words')).not.toContain('words"');
  });
});

describe('URIs', () => {
  it.each([
    ['postgresql://', {}],
    ['postgres://node1', { host: 'node1' }],
    [
      'postgresql://u:p@node1:5433/db?sslmode=require',
      { user: 'u', password: 'p', host: 'node1', port: '5433', dbname: 'db', sslmode: 'require' },
    ],
    ['postgresql://u%40x:p%2Fw@h/d%20b', { user: 'u@x', password: 'p/w', host: 'h', dbname: 'd b' }],
    ['postgresql://a:1,b:2,c/d', { host: 'a,b,c', port: '1,2,', dbname: 'd' }],
    ['postgresql://a,b/d', { host: 'a,b', port: ',', dbname: 'd' }],
    ['postgresql://[::1]:5433/d', { host: '::1', port: '5433', dbname: 'd' }],
    ['postgresql:///d?host=/tmp&port=1', { dbname: 'd', host: '/tmp', port: '1' }],
    ['postgresql://%2Ftmp/d', { host: '/tmp', dbname: 'd' }],
    ['postgresql://:p@h', { password: 'p', host: 'h' }],
    ['postgresql://h?ssl=true', { host: 'h', sslmode: 'require' }],
    ['postgresql://h/?user=x', { host: 'h', user: 'x' }],
    ['postgresql://h?user=', { host: 'h', user: '' }],
  ])('%j gives %j', (text, expected) => {
    expect(parsed(text)).toEqual(expected);
  });

  it.each([
    ['postgresql://[::1', /matching "\]"/],
    ['postgresql://[]', /may not be empty/],
    ['postgresql://[::1]x', /unexpected character "x" at position 19/],
    ['postgresql://h?user', /missing key\/value separator/],
    ['postgresql://h?user=a=b', /extra key\/value separator/],
    ['postgresql://h?nonsense=1', /invalid URI query parameter: "nonsense"/],
    ['postgresql://h/%zz', /invalid percent-encoded token/],
    ['postgresql://h/%00', /forbidden value %00/],
  ])('%j is refused: %s', (text, expected) => {
    expect(parsed(text)).toMatch(expected);
  });
});

it('takes a text with "=" or one of the two schemes for a connection string', () => {
  expect(['a=b', 'postgres://x', 'postgresql://x', 'mydb', 'http://x'].map(isConninfo)).toEqual([
    true,
    true,
    true,
    false,
    false,
  ]);
});

it('lays later settings over earlier ones', () => {
  expect(mergeConninfo({ host: 'a', port: '1' }, undefined, { host: 'b' })).toEqual({ host: 'b', port: '1' });
});
