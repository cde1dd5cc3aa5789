/** What somebody may have meant who wrote a word that is unknown. */
import { countEdits } from '../model/edit-distance.ts';

/** The candidate with the fewest changes (swaps count once), at most a third of the word; undefined where none is near. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const wanted = word.toLowerCase();
  let best: string | undefined;
  let fewest = Math.max(1, Math.floor(wanted.length / 3)) + 1;
  for (const candidate of candidates) {
    const changes = countEdits(wanted, candidate);
    if (changes < fewest) [best, fewest] = [candidate, changes];
  }
  return best;
}
