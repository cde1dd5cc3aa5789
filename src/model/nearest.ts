/** What somebody may have meant who wrote a word that is unknown. */
import { countEdits } from './edit-distance.ts';

/**
 * The only candidate that begins so, else the one with the fewest changes (swaps count once), at most a third of the
 * word; undefined where none is near.
 */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const wanted = word.toLowerCase();
  const begun = wanted.length < 3 ? [] : candidates.filter((candidate) => candidate.startsWith(wanted));
  if (begun.length === 1) return begun[0];
  let best: string | undefined;
  let fewest = Math.max(1, Math.floor(wanted.length / 3)) + 1;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - wanted.length) >= fewest) continue;
    const changes = countEdits(wanted, candidate);
    if (changes < fewest) [best, fewest] = [candidate, changes];
  }
  return best;
}
