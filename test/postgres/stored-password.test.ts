import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { canUseStoredPassword, storedPassword } from '../../src/postgres/stored-password.ts';
import { serverVersion } from '../../src/postgres/version.ts';

const [old, current] = [serverVersion(90_624), serverVersion(150_000)];

describe('a stored password', () => {
  it('is a SCRAM verifier from PostgreSQL 10 on: the example of RFC 7677', () => {
    const salt = Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64');
    expect(storedPassword('pencil', 'user', current, salt)).toBe(
      'SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=',
    );
    expect(storedPassword('pencil', 'user', current)).not.toBe(storedPassword('pencil', 'user', current));
  });

  it('is an md5 sum of password and user before', () => {
    const sum = createHash('md5').update('pencilrepmgr').digest('hex');
    expect(storedPassword('pencil', 'repmgr', old)).toBe(`md5${sum}`);
  });

  it('cannot go from a newer server to one that does not know SCRAM', () => {
    const scram = storedPassword('pencil', 'repmgr', current);
    const md5 = storedPassword('pencil', 'repmgr', old);
    expect([canUseStoredPassword(scram, old), canUseStoredPassword(scram, current)]).toEqual([false, true]);
    expect([canUseStoredPassword(md5, old), canUseStoredPassword(md5, current)]).toEqual([true, true]);
  });
});
