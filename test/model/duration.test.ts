import fc from 'fast-check';
import { expect, it } from 'vitest';
import { formatDuration, parseDuration } from '../../src/model/duration.ts';

it('reads back every duration that it writes', () => {
  fc.assert(
    fc.property(fc.nat(), (milliseconds) => parseDuration(formatDuration(milliseconds)) === milliseconds),
  );
});

it.each([
  ['500ms', 500],
  ['10', 10_000],
  ['0.5', 500],
  ['.5s', 500],
  ['5s', 5_000],
  ['10min', 600_000],
  ['10m', 600_000],
  ['2 h', 7_200_000],
  ['7d', 604_800_000],
  ['1500us', 1.5],
  [' 1s ', 1_000],
])('%j is %d ms', (text, milliseconds) => {
  expect(parseDuration(text)).toBe(milliseconds);
});

it('takes a bare number in the unit of its setting', () => {
  expect(parseDuration('10', 'min')).toBe(600_000);
});

it.each(['', 's', '-1s', '1 2', '10x', '1e3', '10S', '1.2.3', 'Infinity'])('refuses %j', (text) => {
  expect(parseDuration(text)).toBeUndefined();
});

it('writes the largest unit that needs no fraction', () => {
  expect([0, 1, 1_000, 90_000, 120_000, 3_600_000, 86_400_000].map(formatDuration)).toEqual([
    '0s',
    '1ms',
    '1s',
    '90s',
    '2min',
    '1h',
    '1d',
  ]);
});
