import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emptyCrc32c, formatCrc32c, updateCrc32c } from '../../../src/postgres/backup/crc32c.ts';

/** Bit by bit, as the definition says it. */
function slowCrc32c(bytes: Uint8Array): number {
  let value = -1;
  for (const byte of bytes) {
    value ^= byte;
    for (let bit = 0; bit < 8; bit += 1) value = (value & 1) === 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
  }
  return value;
}

describe('CRC-32C', () => {
  it('of the check string is the one of the standard, lowest byte first', () => {
    expect(formatCrc32c(updateCrc32c(emptyCrc32c, Buffer.from('123456789')))).toBe('839206e3');
  });

  it('of nothing is zero', () => {
    expect(formatCrc32c(emptyCrc32c)).toBe('00000000');
  });

  it('is the same as bit by bit, in whatever pieces the bytes come', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 70 }), { maxLength: 5 }), (pieces) => {
        const inPieces = pieces.reduce((value, piece) => updateCrc32c(value, piece), emptyCrc32c);
        expect(inPieces).toBe(slowCrc32c(Buffer.concat(pieces)));
      }),
    );
  });

  it('takes pieces that are larger than its buffer', () => {
    const bytes = Buffer.alloc(200_000, 'repmgr');
    expect(updateCrc32c(emptyCrc32c, bytes)).toBe(slowCrc32c(bytes));
  });
});
