/** Sizes as PostgreSQL's settings write them (`16MB`, units of 1024), and as pg_size_pretty() shows them. */

const unitBytes = { B: 1, kB: 1024, MB: 1024 ** 2, GB: 1024 ** 3, TB: 1024 ** 4 } as const;
type SizeUnit = keyof typeof unitBytes;

const unitsForShowing: readonly SizeUnit[] = ['TB', 'GB', 'MB', 'kB'];

/**
 * Reads a size; a number without a unit is bytes, as are fractions of a unit rounded to bytes.
 * @returns bytes; undefined where the text is no size
 */
export function parseSize(text: string): number | undefined {
  const match = /^\s*(\d+(?:\.\d*)?|\.\d+)\s*(B|kB|MB|GB|TB)?\s*$/.exec(text);
  if (match === null) {
    return undefined;
  }
  const bytes = Math.round(Number(match[1]) * unitBytes[(match[2] ?? 'B') as SizeUnit]);
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** Shows bytes as a person reads them, rounded: `512 bytes`, `42 MB`, `1.4 GB`. */
export function formatSize(bytes: number): string {
  const unit = unitsForShowing.find((candidate) => Math.abs(bytes) >= unitBytes[candidate]);
  if (unit === undefined) {
    return `${Math.round(bytes)} ${Math.round(bytes) === 1 ? 'byte' : 'bytes'}`;
  }
  const amount = bytes / unitBytes[unit];
  return `${Math.abs(amount) < 10 ? Number(amount.toFixed(1)) : Math.round(amount)} ${unit}`;
}
