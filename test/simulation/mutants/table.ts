/** The table of the mutants in docs/internals/failover.md. That each is caught so is what mutants.test.ts holds. */
import { hardHistories } from '../hard-histories/all.ts';
import { mutants } from './all.ts';
import type { Mutant } from './mutant.ts';

export function mutantsTable(): string {
  return [
    '| what is broken | is caught by | in the hard histories, then in drawn ones | of these within |',
    '| --- | --- | --- | --- |',
    ...mutants.map(rowOf),
  ].join('\n');
}

function rowOf({ name, caughtBy, stories, withinHistories }: Mutant): string {
  const titles = stories.flatMap((story) =>
    hardHistories.filter((it) => it.name.startsWith(story)).map((it) => it.name),
  );
  return `| ${name} | ${caughtBy.join(', ')} | ${titles.join(', ')} | ${withinHistories} |`;
}
