import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatConninfo, parseConninfo, redactConninfo } from '../../src/model/conninfo.ts';

describe('redactConninfo', () => {
  it.each([
    ['host=a password=geheim user=b', 'host=a password=*** user=b'],
    ["host=a  password = 'ge heim\\' x' user=b", 'host=a  password = *** user=b'],
    ['password=a password=b', 'password=*** password=***'],
    ['host=a sslpassword=geheim', 'host=a sslpassword=***'],
    ['host=password user=b', 'host=password user=b'],
    ['postgresql://u:geheim@h/d?x=1', 'postgresql://u:***@h/d?x=1'],
    ['postgresql://u:ge/heim@h/d', 'postgresql://u:***@h/d'],
    ['postgresql://u:ge@heim@h/d', 'postgresql://u:***@h/d'],
    ['postgresql://h/d?password=geheim&user=b', 'postgresql://h/d?password=***&user=b'],
    ['postgresql://h/d?pass%77ord=geheim', 'postgresql://h/d?pass%77ord=***'],
    ['postgresql://u@h:5432/d', 'postgresql://u@h:5432/d'],
    ['could not use "host=a password=geheim" here', 'could not use "host=a password=*** here'],
    ["CREATE ROLE x PASSWORD 'it''s'", 'CREATE ROLE x PASSWORD ***'],
    [
      "primary_conninfo = 'host=a password=''ge heim'' user=b'",
      "primary_conninfo = 'host=a password=*** user=b'",
    ],
    ["host=a password='geheim", 'host=a password=***'],
    ['--token=repmgr-invitation-eyJ-b_C', '--token=repmgr-invitation-***'],
    ['the token repmgr-invitation-eyJ, twice', 'the token repmgr-invitation-***, twice'],
    ['', ''],
  ])('%j becomes %j', (text, expected) => {
    expect(redactConninfo(text)).toBe(expected);
  });

  it('leaves nothing of a password, and all the rest, whatever it holds', () => {
    const password = fc.string({ minLength: 1, unit: 'grapheme' }).map((text) => `S3cret${text}`);
    fc.assert(
      fc.property(password, fc.string(), (secret, user) => {
        const redacted = redactConninfo(formatConninfo({ user, password: secret, host: 'h' }));
        expect(parseConninfo(redacted)).toEqual({
          kind: 'parsed',
          conninfo: { user, password: '***', host: 'h' },
        });
      }),
    );
  });

  it('hides the password of a URI in which a character was not encoded', () => {
    const characters = fc.string({ unit: fc.constantFrom('a', '@', '/', ':', '?', '&', '=', '#', '%') });
    fc.assert(
      fc.property(characters, (rest) => {
        expect(redactConninfo(`postgresql://u:S3cret${rest}S3cret@h/d`)).not.toContain('S3cret');
      }),
    );
  });
});
