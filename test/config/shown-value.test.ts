import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseConfiguration } from '../../src/config/parse.ts';
import { resolveConfiguration } from '../../src/config/resolve.ts';
import { showOtherReading, showUnknownValue, showValue } from '../../src/config/shown-value.ts';

describe('a value in a message', () => {
  test.each([
    ['host=a user=b', 'host=a user=b'],
    ['host=a password=x user=b', 'host=a password=*** user=b'],
    ['postgresql://u:x@h/d', 'postgresql://u:***@h/d'],
    ['host=a password=x y user=b', 'host=a password=*** ...'],
    ["host=a password='x y user=b", 'host=a password=*** ...'],
    ['/bin/notify --to "a b"', '/bin/notify --to "a b"'],
  ])('%s is shown as %s', (value, shown) => {
    expect(showValue(value)).toBe(shown);
  });

  test('is not shown where the name of an unknown parameter speaks of a password', () => {
    expect(showUnknownValue('db_password', 'x')).toBe('***');
    expect(showUnknownValue('colour', 'x')).toBe('x');
  });

  test('is not shown as repmgr 3 read it where that is half a URI, or looks the same', () => {
    const notShown = 'another value, which is not shown';
    expect(showOtherReading('postgresql://u:x', 'postgresql://u:x#y@h')).toBe(notShown);
    expect(showOtherReading('host=a password=x', 'host=a password=x#y')).toBe(notShown);
    expect(showOtherReading('a', 'a#b')).toBe('"a"');
  });
});

test('whatever quotes and blanks a password has, and however its line is broken, no message shows it', () => {
  const piece = fc.constantFrom(' ', "'", "''", '#', ' #', '=', '\\', "\\'", '"', '@', 'x', '\t');
  const password = fc
    .tuple(fc.array(piece, { maxLength: 4 }), fc.array(piece, { maxLength: 4 }))
    .map(([before, after]) => `${before.join('')}s3cret${after.join('')}`);
  const line = fc.oneof(
    password.map((text) => `conninfo='host=a password=${text} user=b'`),
    password.map((text) => `conninfo=host=a password=${text}`),
    password.map((text) => `conninfo 'host=a password=''${text}'' user=b'`),
    password.map((text) => `conninfo=postgresql://u:${text.replace(/\s/g, '')}@h/d`),
    password.map((text) => `restore_command='PGPASSWORD=${text} get %f %p'`),
    password.map((text) => `coninfo='host=a password=${text}'`),
    password.map((text) => `foo='host=a password=${text}'`),
    password.map((text) => `password=${text}`),
  );
  fc.assert(
    fc.property(line, (text) => {
      const { warnings, ...rest } = resolveConfiguration(parseConfiguration(`cluster=a\nnode=1\n${text}\n`));
      const errors = rest.kind === 'invalid' ? rest.errors : [];
      expect(JSON.stringify([...errors, ...warnings])).not.toContain('s3cret');
    }),
    { numRuns: 2_000 },
  );
});
