/** Looks for the history in which a broken rule shows. */
import { hardHistories } from '../hard-histories/all.ts';
import type { Variant } from '../hard-histories/named-history.ts';
import { drawHistory } from '../history/draw.ts';
import type { HistoryOptions } from '../history/options.ts';
import { runHistory } from '../history/run-history.ts';
import { mutants } from './all.ts';
import type { Mutant } from './mutant.ts';

/** How often each variant of a story is told to a mutant. */
const seedsOfStories = 5;

interface Play {
  readonly where: string;
  readonly options: HistoryOptions;
  readonly complaint: Variant['complaint'];
}

/** Its stories first, then drawn histories without an end. */
function* playsFor({ stories }: Mutant): Generator<Play> {
  const titles = (name: string) => stories.some((story) => name.startsWith(story));
  for (const { name: title, variants } of hardHistories.filter(({ name }) => titles(name))) {
    for (let seed = 1; seed <= seedsOfStories; seed += 1) {
      for (const { name, options, complaint } of variants) {
        yield { where: `${title}, ${name}, seed ${seed}`, options: options(seed), complaint };
      }
    }
  }
  for (let seed = 1; ; seed += 1) {
    yield { where: `seed ${seed}`, options: drawHistory(seed), complaint: undefined };
  }
}

/** @param limit histories, instead of as many as the mutant has @returns whether one of its checkers sees it */
export function hunt(name: string, limit: number | undefined, print: (text: string) => void): boolean {
  const mutant = mutants.find((it) => it.name === name);
  if (mutant === undefined) throw new Error(`no mutant is called "${name}"`);
  const most = limit ?? mutant.withinHistories;
  const others = new Map<string, number>();
  let played = 0;
  for (const { where, options, complaint } of playsFor(mutant)) {
    if (played >= most) break;
    played += 1;
    const checker = runHistory(options, false, complaint).violations[0]?.checker;
    if (checker === undefined) continue;
    if (mutant.caughtBy.includes(checker)) {
      print(`caught: "${name}" by "${checker}", history ${played} (${where})`);
      return true;
    }
    others.set(checker, (others.get(checker) ?? 0) + 1);
  }
  const seenBy = [...others].map((it) => it.join(' ')).join(', ') || 'none';
  print(`SURVIVED: "${name}", ${played} histories; seen by others: ${seenBy}`);
  return false;
}
