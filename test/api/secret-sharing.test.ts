import { describe, expect, it } from 'vitest';
import { readSecrets, writeSecrets } from '../../src/api/secret-sharing.ts';

const common = { secret: 'present', purpose: '/peer', nonce: 'boot.1' } as const;
const secrets = { secrets: ['present', 'next'], secretVersion: 1_795_600_000_000 };

describe('a new secret on its way to another repmgrd', () => {
  it('arrives as it was sent, and can be read by whoever knows the present one only', () => {
    const body = writeSecrets(secrets, common);
    expect(body).not.toContain('next');
    expect(readSecrets(body, common)).toEqual(secrets);
    expect(readSecrets(body, { ...common, secret: 'another' })).toBeUndefined();
    expect(readSecrets(body, { ...common, nonce: 'boot.2' })).toBeUndefined();
  });

  it.each([
    ['no secret at all', { ...secrets, secrets: [] }],
    ['an empty secret', { ...secrets, secrets: [''] }],
    ['a version that is no number', { ...secrets, secretVersion: 1.5 }],
  ])('is not taken with %s', (_what, wrong) => {
    expect(readSecrets(writeSecrets(wrong, common), common)).toBeUndefined();
  });

  it('is not seen in another message', () => {
    expect(readSecrets('{"kind":"heartbeat","sealed":"x"}', common)).toBeUndefined();
    expect(readSecrets('{"kind":"secrets","sealed":"x"}', common)).toBeUndefined();
    expect(readSecrets('no JSON', common)).toBeUndefined();
  });
});
