/** The one JSON object that a command prints with `--json` (shapes: docs/cluster-show.md and its neighbours). */

/**
 * @param value keys in camelCase become snake_case, as the columns of the metadata; `undefined` becomes null, so
 *   that every object of a list has the same keys; a bigint becomes a string of digits.
 */
export function renderJson(value: object): string {
  return `${JSON.stringify(plain(value), undefined, 2)}\n`;
}

function plain(value: unknown): unknown {
  if (value === undefined) return null;
  if (typeof value === 'bigint') return value.toString();
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof Date) return value.toISOString();
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [snakeCase(key), plain(member)]));
}

function snakeCase(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
