/** The table of `cluster matrix` and `cluster crosscheck` as repmgr 3 prints it: nodes against nodes. */

export interface GridRow {
  readonly name: string;
  readonly id: number;
  /** One character for each row of the grid, in the same order. */
  readonly cells: readonly string[];
}

/** Names stand right-aligned, ids take two places or as many as they need. */
export function renderGrid(rows: readonly GridRow[]): string {
  const names = rows.map(({ name }) => name.replace(/\p{Cc}/gu, '?'));
  const nameWidth = Math.max('Name'.length, ...names.map(widthOf));
  const idWidth = Math.max(2, ...rows.map(({ id }) => String(id).length));
  const right = (text: string, width: number) => ' '.repeat(Math.max(0, width - widthOf(text))) + text;
  const line = (name: string, id: string, cells: readonly string[]) =>
    [right(name, nameWidth), right(id, idWidth), ...cells.map((cell) => right(cell, idWidth))].join(' | ');
  const rule = [
    '-'.repeat(nameWidth + 1),
    '-'.repeat(idWidth + 2),
    ...rows.map(() => '-'.repeat(idWidth + 2)),
  ].join('+');
  const lines = [
    line(
      'Name',
      'Id',
      rows.map(({ id }) => String(id)),
    ),
    rule,
    ...rows.map(({ id, cells }, index) => line(names[index] ?? '', String(id), cells)),
  ];
  return lines.map((text) => `${text}\n`).join('');
}

/** In code points, as in other tables. */
function widthOf(text: string): number {
  return Array.from(text).length;
}
