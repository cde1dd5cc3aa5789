/** Comma-separated values after RFC 4180, with the plain newline that repmgr has always written. */

/** @returns one line a row; a value with a comma, quote or line break stands in quotes. */
export function renderCsv(rows: readonly (readonly (string | number)[])[]): string {
  return rows.map((row) => `${row.map(csvValue).join(',')}\n`).join('');
}

function csvValue(value: string | number): string {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
