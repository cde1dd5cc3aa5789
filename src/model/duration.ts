/** Durations as PostgreSQL's settings write them: `500ms`, `10s`, `5min`, `2h`, `7d`. */

export type DurationUnit = 'us' | 'ms' | 's' | 'm' | 'min' | 'h' | 'd';

const unitMs: Readonly<Record<DurationUnit, number>> = {
  us: 0.001,
  ms: 1,
  s: 1_000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

const unitsForWriting = ['d', 'h', 'min', 's', 'ms'] as const;

/**
 * Reads a duration; fractions are allowed, signs are not.
 * @param bareUnit what a number without a unit means: seconds, unless the setting says otherwise
 * @returns milliseconds, rounded to the microsecond; undefined where the text is no duration
 */
export function parseDuration(text: string, bareUnit: DurationUnit = 's'): number | undefined {
  const match = /^\s*(\d+(?:\.\d*)?|\.\d+)\s*(us|ms|s|m|min|h|d)?\s*$/.exec(text);
  if (match === null) {
    return undefined;
  }
  const unit = (match[2] ?? bareUnit) as DurationUnit;
  const milliseconds = Math.round(Number(match[1]) * unitMs[unit] * 1_000) / 1_000;
  return Number.isFinite(milliseconds) ? milliseconds : undefined;
}

/** Writes milliseconds in the largest unit that holds them without a fraction; `parseDuration` reads it back. */
export function formatDuration(milliseconds: number): string {
  const unit = unitsForWriting.find((candidate) => Number.isInteger(milliseconds / unitMs[candidate]));
  if (milliseconds === 0 || unit === undefined) {
    return milliseconds === 0 ? '0s' : `${Math.round(milliseconds * 1_000)}us`;
  }
  return `${milliseconds / unitMs[unit]}${unit}`;
}
