/** Looks for the history in which a broken rule shows. */
import { hardHistories } from '../hard-histories/all.ts';
import type { Variant } from '../hard-histories/named-history.ts';
import { drawHistory } from '../history/draw.ts';
import type { HistoryOptions } from '../history/options.ts';
import { runHistory } from '../history/run-history.ts';
import { mutants } from './all.ts';

/** How often each variant of a story is told to a mutant. */
const seedsOfStories = 5;

/** Whether one of the checkers sees the mutant that this bundle holds: in its stories first, then in drawn histories. */
export function hunt(name: string, limit: number | undefined, print: (text: string) => void): boolean {
  const mutant = mutants.find((it) => it.name === name);
  if (mutant === undefined) throw new Error(`no mutant is called "${name}"`);
  let played = 0;
  const others = new Map<string, number>();
  const sees = (options: HistoryOptions, complaint: Variant['complaint']): string | undefined => {
    played += 1;
    const checker = runHistory(options, false, complaint).violations[0]?.checker;
    if (checker === undefined || mutant.caughtBy.includes(checker)) return checker;
    others.set(checker, (others.get(checker) ?? 0) + 1);
    return undefined;
  };
  const told = (checker: string, where: string) => {
    print(`caught: "${name}" by "${checker}", history ${played} (${where})`);
    return true;
  };
  for (const story of mutant.stories) {
    for (const { name: title, variants } of hardHistories.filter((it) => it.name.startsWith(story))) {
      for (let seed = 1; seed <= seedsOfStories; seed += 1) {
        for (const { name: variant, options, complaint } of variants) {
          const checker = sees(options(seed), complaint);
          if (checker !== undefined) return told(checker, `${title}, ${variant}, seed ${seed}`);
        }
      }
    }
  }
  for (let seed = 1; seed <= (limit ?? mutant.withinHistories); seed += 1) {
    const checker = sees(drawHistory(seed), undefined);
    if (checker !== undefined) return told(checker, `seed ${seed}`);
  }
  print(
    `SURVIVED: "${name}", ${played} histories; seen by others: ${[...others].map((it) => it.join(' ')).join(', ') || 'none'}`,
  );
  return false;
}
