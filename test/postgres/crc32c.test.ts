import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCrc32c } from '../../src/postgres/crc32c.ts';

const checksum = await createCrc32c();

describe('CRC-32C', () => {
  it('of the check string is the one of the standard', () => {
    expect(checksum.of(Buffer.from('123456789'))).toBe(0xe3069283);
  });

  it('is the same in whatever pieces the bytes come', async () => {
    const checksum = await createCrc32c();
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 70 }), { maxLength: 5 }), (pieces) => {
        const whole = checksum.of(Buffer.concat(pieces));
        expect(checksum.of(...pieces)).toBe(whole);
        checksum.restart();
        for (const piece of pieces) checksum.update(piece);
        expect(checksum.finish()).toBe(whole);
      }),
    );
  });
});
