/** Tables as repmgr 3 prints them: no frame, columns as wide as their longest value, a rule under the headings. */

export interface TableColumn {
  readonly heading: string;
  /** In characters; the heading and the longest value may make the column wider. */
  readonly minimumWidth?: number;
}

/**
 * @param rows one array of cells a row, in the order of `columns`
 * @returns the lines with a newline after each. The last column is not padded; characters that would move the
 *   cursor of a terminal are shown as `?`.
 */
export function renderTable(columns: readonly TableColumn[], rows: readonly (readonly string[])[]): string {
  const cells = rows.map((row) => columns.map((_, index) => printable(row[index] ?? '')));
  const widths = columns.map(({ heading, minimumWidth = 0 }, index) =>
    Math.max(minimumWidth, widthOf(heading), ...cells.map((row) => widthOf(row[index] ?? ''))),
  );
  const lines = [
    line(
      columns.map(({ heading }) => heading),
      widths,
    ),
    rule(widths),
    ...cells.map((row) => line(row, widths)),
  ];
  return lines.map((text) => `${text}\n`).join('');
}

function line(cells: readonly string[], widths: readonly number[]): string {
  return cells
    .map((cell, index) => cell + ' '.repeat(Math.max(0, (widths[index] ?? 0) - widthOf(cell))))
    .join(' | ')
    .trimEnd();
}

/** repmgr 3 crosses its rule with `+` after the first column only; scripts that cut at it rely on that. */
function rule(widths: readonly number[]): string {
  const [first = 0, ...others] = widths;
  return `${['-'.repeat(first), others.map((width) => '-'.repeat(width)).join('-|-')].join('-+-')}`;
}

/** In code points: a letter outside the basic plane takes one place, as in psql. */
function widthOf(text: string): number {
  return Array.from(text).length;
}

function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, '?');
}
