/** Makes a failing history as simple as it gets while the same promise is still broken. */
import type { HistoryOptions } from './options.ts';
import { runHistory } from './run-history.ts';
import { allHardships, simplify, type Simplification, unchanged } from './simplify.ts';

/** Tries, so that a large history does not shrink for minutes. */
const tries = 250;

export function shrink(options: HistoryOptions, checker: string): Simplification {
  let best = unchanged;
  let left = tries;
  const accept = (candidate: Simplification): boolean => {
    if (left <= 0) return false;
    left -= 1;
    const { violations } = runHistory(simplify(options, candidate), false);
    if (violations[0]?.checker !== checker) return false;
    best = candidate;
    return true;
  };
  for (const hardship of allHardships) accept({ ...best, without: [...best.without, hardship] });
  accept({ ...best, keep: [] });
  for (
    let size = Math.ceil(options.faults.length / 2);
    size >= 1;
    size = size === 1 ? 0 : Math.ceil(size / 2)
  ) {
    let start = 0;
    while (start < keptBy(best, options).length) {
      const kept = keptBy(best, options);
      const rest = [...kept.slice(0, start), ...kept.slice(start + size)];
      if (!accept({ ...best, keep: rest })) start += size;
    }
  }
  return best;
}

function keptBy({ keep }: Simplification, { faults }: HistoryOptions): readonly number[] {
  return keep ?? faults.map((_, index) => index);
}
