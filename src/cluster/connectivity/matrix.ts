/** Who reaches whom: one cell for each pair of nodes, and the forms in which repmgr passes them on. Pure. */
import type { NodeId } from '../../model/node.ts';

/** The numbers that repmgr 3 prints: reached, not reached, nobody could ask. */
export const reached = 0;
export const notReached = -1;
export const unknown = -2;
export type CellStatus = typeof reached | typeof notReached | typeof unknown;

export interface Cell {
  /** The node that connects. */
  readonly from: NodeId;
  readonly to: NodeId;
  readonly status: CellStatus;
}

/** All pairs, row by row, both by node id. */
export type Matrix = readonly Cell[];

/** The matrix of these nodes; pairs that `cells` does not have are unknown. Where it has one twice the last counts. */
export function matrixOf(nodeIds: readonly NodeId[], cells: readonly Cell[]): Matrix {
  const known = new Map(cells.map(({ from, to, status }) => [`${from} ${to}`, status]));
  return nodeIds.flatMap((from) =>
    nodeIds.map((to) => ({ from, to, status: known.get(`${from} ${to}`) ?? unknown })),
  );
}

/** What several observers know together: the best that any of them saw of a pair, as repmgr 3 combines them. */
export function combine(nodeIds: readonly NodeId[], matrices: readonly Matrix[]): Matrix {
  const best = new Map<string, Cell>();
  for (const cell of matrices.flat()) {
    const key = `${cell.from} ${cell.to}`;
    const other = best.get(key);
    if (other === undefined || cell.status > other.status) best.set(key, cell);
  }
  return matrixOf(nodeIds, [...best.values()]);
}

/**
 * Reads what `cluster show --csv` printed on node `from`: lines `ID,STATUS`.
 * @returns undefined where a line is something else
 */
export function readShowCsv(text: string, from: NodeId): readonly Cell[] | undefined {
  return readLines(text, /^(\d+),(-?\d+)$/, ([to, status]) =>
    // repmgr 3.1 printed 1 for a standby.
    status === undefined || status > 1 || status < notReached
      ? undefined
      : { from, to: to as NodeId, status: status < 0 ? notReached : reached },
  );
}

/**
 * Reads what `cluster matrix --csv` printed: lines `ROW_ID,COLUMN_ID,STATUS`.
 * @returns undefined where a line is something else
 */
export function readMatrixCsv(text: string): readonly Cell[] | undefined {
  return readLines(text, /^(\d+),(\d+),(-?\d+)$/, ([from, to, status]) =>
    status === reached || status === notReached || status === unknown
      ? { from: from as NodeId, to: to as NodeId, status }
      : undefined,
  );
}

/** Nothing at all is no answer. */
function readLines(
  text: string,
  form: RegExp,
  read: (numbers: readonly number[]) => Cell | undefined,
): readonly Cell[] | undefined {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  const cells = lines.map((line) => {
    const numbers = form.exec(line.trim())?.slice(1).map(Number);
    return numbers === undefined ? undefined : read(numbers);
  });
  const complete = cells.filter((cell) => cell !== undefined);
  return complete.length === 0 || complete.length < cells.length ? undefined : complete;
}
