import { expect, it } from 'vitest';
import { formatSize, parseSize } from '../../src/model/size.ts';

it.each([
  ['0', 0],
  ['512', 512],
  ['8kB', 8_192],
  ['16 MB', 16_777_216],
  ['1.5GB', 1_610_612_736],
  ['1TB', 1_099_511_627_776],
])('%j is %d bytes', (text, bytes) => {
  expect(parseSize(text)).toBe(bytes);
});

it.each(['', 'MB', '-1', '1mb', '1KB', '99999999TB'])('refuses %j', (text) => {
  expect(parseSize(text)).toBeUndefined();
});

it('shows sizes as a person reads them', () => {
  expect([0, 1, 512, 1024, 1_536, 12_345_678, 1_500_000_000].map(formatSize)).toEqual([
    '0 bytes',
    '1 byte',
    '512 bytes',
    '1 kB',
    '1.5 kB',
    '12 MB',
    '1.4 GB',
  ]);
});
