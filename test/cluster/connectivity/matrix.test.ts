import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Cell,
  combine,
  type Matrix,
  matrixOf,
  readMatrixCsv,
  readShowCsv,
} from '../../../src/cluster/connectivity/matrix.ts';
import type { NodeId } from '../../../src/model/node.ts';
import { renderCsv } from '../../../src/render/csv.ts';

const ids = [1, 2, 7] as NodeId[];
const statusOf = (matrix: Matrix) => matrix.map(({ status }) => status);
const anyMatrix = fc
  .array(fc.constantFrom(0 as const, -1 as const, -2 as const), { minLength: 9, maxLength: 9 })
  .map((statuses) =>
    ids.flatMap((from, row) =>
      ids.map((to, column): Cell => ({ from, to, status: statuses[row * 3 + column] ?? 0 })),
    ),
  );

describe('a matrix', () => {
  it('has every pair once, row by row; what nobody said is unknown', () => {
    expect(matrixOf(ids, [{ from: ids[1] as NodeId, to: ids[0] as NodeId, status: -1 }])).toEqual(
      ids.flatMap((from) => ids.map((to) => ({ from, to, status: from === 2 && to === 1 ? -1 : -2 }))),
    );
  });

  it('forgets nodes that are not in the list', () => {
    expect(matrixOf([], [{ from: 9 as NodeId, to: 1 as NodeId, status: 0 }])).toEqual([]);
  });

  it('survives being passed on', () => {
    fc.assert(
      fc.property(anyMatrix, (matrix) => {
        const csv = renderCsv(matrix.map(({ from, to, status }) => [from, to, status]));
        expect(readMatrixCsv(csv)).toEqual(matrix);
      }),
    );
  });

  it('of several observers is the best that any of them saw, in whatever order they are asked', () => {
    fc.assert(
      fc.property(fc.array(anyMatrix, { minLength: 1, maxLength: 5 }), (matrices) => {
        const together = combine(ids, matrices);
        const best = matrices
          .map(statusOf)
          .reduce((left, right) => left.map((status, at) => Math.max(status, right[at] ?? -2) as 0));
        expect(statusOf(together)).toEqual(best);
        expect(combine(ids, matrices.toReversed())).toEqual(together);
      }),
    );
  });
});

describe('the output of cluster show --csv', () => {
  const from = 2 as NodeId;

  it.each([
    ['1,0\n2,-1\n', [0, -1]],
    ['1,0\r\n2,1\r\n', [0, 0]],
    ['\n 1,-1 \n\n2,0', [-1, 0]],
  ])('%j is understood', (text, expected) => {
    const cells = readShowCsv(text, from) ?? [];
    expect(cells.map(({ status }) => status)).toEqual(expected);
    expect(cells.map((cell) => [cell.from, cell.to])).toEqual([
      [2, 1],
      [2, 2],
    ]);
  });

  it.each(['', '\n', 'Welcome\n1,0\n', '1,0,1\n', '1,-2\n', '1,2\n', 'Role | Name', '1;0', 'a,0'])(
    '%j is not',
    (text) => {
      expect(readShowCsv(text, from)).toBeUndefined();
    },
  );
});

it.each(['', '1,0\n', '1,2,1\n', '1,2,-3\n', '1,1,0\nBye\n'])(
  '%j is no output of cluster matrix --csv',
  (text) => {
    expect(readMatrixCsv(text)).toBeUndefined();
  },
);
