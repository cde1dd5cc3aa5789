import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  bytesBetween,
  earlierLsn,
  formatLsn,
  laterLsn,
  type Lsn,
  parseLsn,
  toLsn,
} from '../../src/model/lsn.ts';

const lsns = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }).map((bytes) => bytes as Lsn);

it('reads back every LSN that it writes', () => {
  fc.assert(fc.property(lsns, (lsn) => parseLsn(formatLsn(lsn)) === lsn));
});

it('keeps the order of positions', () => {
  fc.assert(
    fc.property(lsns, lsns, (one, other) => {
      expect(earlierLsn(one, other) <= laterLsn(one, other)).toBe(true);
      expect(Math.sign(bytesBetween(one, other))).toBe(one === other ? 0 : one < other ? 1 : -1);
    }),
  );
});

it.each([
  ['0/0', '0/0'],
  ['16/B374D848', '16/B374D848'],
  ['0/03000060', '0/3000060'],
  ['ffffffff/ffffffff', 'FFFFFFFF/FFFFFFFF'],
])('reads %s and writes %s', (text, written) => {
  const lsn = parseLsn(text);
  expect(lsn === undefined ? undefined : formatLsn(lsn)).toBe(written);
});

it.each(['', '0', '/', '0/', '/0', '0/G', '123456789/0', ' 0/0', '0/0\n', '-1/0'])('refuses %j', (text) => {
  expect(parseLsn(text)).toBeUndefined();
});

it('refuses numbers of more than 64 bits', () => {
  expect([toLsn(-1n), toLsn(1n << 64n)]).toEqual([undefined, undefined]);
});
