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

/** Its stories first, then drawn histories without an end; from a seed of one's own on those only. */
function* playsFor({ stories }: Mutant, firstSeed: number | undefined): Generator<Play> {
  const titles = (name: string) => firstSeed === undefined && stories.some((story) => name.startsWith(story));
  for (const { name: title, variants } of hardHistories.filter(({ name }) => titles(name))) {
    for (let seed = 1; seed <= seedsOfStories; seed += 1) {
      for (const { name, options, complaint } of variants) {
        yield { where: `${title}, ${name}, seed ${seed}`, options: options(seed), complaint };
      }
    }
  }
  for (let seed = firstSeed ?? 1; ; seed += 1) {
    yield { where: `seed ${seed}`, options: drawHistory(seed), complaint: undefined };
  }
}

interface Hunt {
  readonly firstSeed: number | undefined;
  /** Histories, instead of as many as the mutant has. */
  readonly limit: number | undefined;
}

/** @returns the history in which one of its checkers sees it; undefined: it survives */
export function hunt(
  name: string,
  { firstSeed, limit }: Hunt,
  print: (text: string) => void,
): Play | undefined {
  const mutant = mutants.find((it) => it.name === name);
  if (mutant === undefined) throw new Error(`no mutant is called "${name}"`);
  const most = limit ?? mutant.withinHistories;
  const others = new Map<string, number>();
  let played = 0;
  for (const play of playsFor(mutant, firstSeed)) {
    const { where, options, complaint } = play;
    if (played >= most) break;
    played += 1;
    const checker = runHistory(options, false, complaint).violations[0]?.checker;
    if (checker === undefined) continue;
    if (mutant.caughtBy.includes(checker)) {
      print(`caught: "${name}" by "${checker}", history ${played} (${where})`);
      return play;
    }
    others.set(checker, (others.get(checker) ?? 0) + 1);
  }
  const seenBy = [...others].map((it) => it.join(' ')).join(', ') || 'none';
  print(`SURVIVED: "${name}", ${played} histories; seen by others: ${seenBy}`);
  return undefined;
}
