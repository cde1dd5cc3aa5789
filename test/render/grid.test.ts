import { expect, it } from 'vitest';
import { renderGrid } from '../../src/render/grid.ts';

it('a grid has names right-aligned, ids of two places, and nothing that moves a cursor', () => {
  const grid = renderGrid([
    { name: 'a', id: 1, cells: ['*', 'x'] },
    { name: 'Zürich', id: 12, cells: ['?', '*'] },
  ]);
  expect(grid).toBe(
    [
      '  Name | Id |  1 | 12',
      '-------+----+----+----',
      '     a |  1 |  * |  x',
      'Zürich | 12 |  ? |  *',
      '',
    ].join('\n'),
  );
  expect(renderGrid([{ name: 'n\u001b[2J', id: 1, cells: ['*'] }])).toContain('n?[2J |  1 |  *');
});

it('an id of more places makes all columns of ids wider', () => {
  expect(renderGrid([{ name: 'node', id: 1234, cells: ['*'] }])).toBe(
    ['Name |   Id | 1234', '-----+------+------', 'node | 1234 |    *', ''].join('\n'),
  );
});
