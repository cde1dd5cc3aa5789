/** What `npm run sim` is asked for, read from its command line. */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { allHardships, type Hardship, type Simplification } from './history/simplify.ts';

export const usage = `npm run sim -- [OPTION ...]    plays histories of simulated clusters, and says which promises were broken

  --histories N       how many (default 1000); with --mutant: at most so many
  --seed S            the first one's seed, 0 to 2^53 (default: a random one)
  --workers N         plays them on so many cores (default: all)
  --keep-going        goes on after a broken promise, instead of telling its story at once
  --trace             tells the story of one history: of --seed, of --named, or the one that caught --mutant
  --keep I,J,...      of its faults only these, by their place
  --without W,X,...   easier in these ways: ${allHardships.join(', ')}
  --named TEXT        plays the hard histories whose name begins so ('' for all) instead of drawn ones
  --mutant NAME       breaks a rule on purpose ('all': one after the other); succeeds if a checker sees it

Exit code: 0 no promise was broken, or the mutant was caught; 1 otherwise; 2 the command line is wrong.`;

export interface CommandOptions {
  readonly histories: number | undefined;
  readonly seed: number | undefined;
  readonly workers: number;
  readonly keepsGoing: boolean;
  readonly isTraced: boolean;
  readonly simplification: Simplification;
  readonly named: string | undefined;
  readonly mutant: string | undefined;
}

/** @throws Error that says what is wrong with the command line @returns undefined where help is asked for */
export function readOptions(args: readonly string[]): CommandOptions | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      help: { type: 'boolean', short: 'h', default: false },
      histories: { type: 'string' },
      seed: { type: 'string' },
      workers: { type: 'string' },
      'keep-going': { type: 'boolean', default: false },
      trace: { type: 'boolean', default: false },
      keep: { type: 'string' },
      without: { type: 'string', default: '' },
      named: { type: 'string' },
      mutant: { type: 'string' },
    },
  });
  if (values.help) return undefined;
  return {
    histories: wholeNumber('histories', values.histories, 1),
    seed: wholeNumber('seed', values.seed, 0),
    workers: wholeNumber('workers', values.workers, 1) ?? availableParallelism(),
    keepsGoing: values['keep-going'],
    isTraced: values.trace,
    simplification: {
      keep: values.keep?.split(',').filter(Boolean).map(Number),
      without: values.without.split(',').filter(Boolean).map(hardship),
    },
    named: values.named,
    mutant: values.mutant,
  };
}

function wholeNumber(name: string, text: string | undefined, least: number): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= least && number <= 2 ** 53) return number;
  throw new Error(`--${name} takes a whole number from ${least} to 2^53, not "${text}"`);
}

function hardship(word: string): Hardship {
  const found = allHardships.find((it) => it === word);
  if (found === undefined) throw new Error(`--without takes ${allHardships.join(', ')}, not "${word}"`);
  return found;
}
