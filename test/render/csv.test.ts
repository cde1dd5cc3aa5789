import { expect, test } from 'vitest';
import { renderCsv } from '../../src/render/csv.ts';

test('plain values stand as they are, one row a line', () => {
  expect(
    renderCsv([
      [1, 0],
      [2, -1],
    ]),
  ).toBe('1,0\n2,-1\n');
});

test('a value with comma, quote or line break is quoted', () => {
  expect(renderCsv([['a,b', 'c"d', 'e\nf', 'g']])).toBe('"a,b","c""d","e\nf",g\n');
});
