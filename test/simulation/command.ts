/** `npm run sim`: plays many histories, or one with its story, and prints what was found. */
import { isMainThread, workerData } from 'node:worker_threads';
import { type CommandOptions, readOptions, usage } from './command-options.ts';
import { hardHistories } from './hard-histories/all.ts';
import type { Variant } from './hard-histories/named-history.ts';
import { drawHistory } from './history/draw.ts';
import type { HistoryOptions } from './history/options.ts';
import { runHistory } from './history/run-history.ts';
import { shrink } from './history/shrink.ts';
import { simplify, type Simplification } from './history/simplify.ts';
import { hunt } from './mutants/hunt.ts';
import { playAll, playShare, type Share } from './play-all.ts';
import { regressions } from './regressions/all.ts';
import { type Finding, figuresAsText, inLines } from './report.ts';

/** A finding of each checker is shrunk, of so many is told what was broken, and of all others the seed. */
const toldSeeds = 5;

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** @returns whether all promises were kept */
function tellStory(title: string, options: HistoryOptions, complaint?: Variant['complaint']): boolean {
  const { violations, trace } = runHistory(options, true, complaint);
  print(`${title}: ${options.nodes.length} nodes, ${options.faults.length} faults`);
  for (const { id, isWitness, settings } of options.nodes) {
    const witness = isWitness ? ' (witness)' : '';
    print(`  node ${id}${witness}: lease ${settings.leaseMs} ms, priority ${settings.priority}`);
  }
  print(trace?.text ?? '');
  const [violation] = violations;
  print(
    violation === undefined ? `No promise was broken. Hash ${trace?.hash}` : `Broken: ${violation.checker}`,
  );
  return violation === undefined;
}

function tellSeed(seed: number, simplification: Simplification): boolean {
  return tellStory(`History ${seed}`, simplify(drawHistory(seed), simplification));
}

function tellFinding({ seed, checker }: Finding, isTold: boolean): void {
  const simplification = shrink(drawHistory(seed), checker);
  if (isTold) tellSeed(seed, simplification);
  const { keep, without } = simplification;
  const kept = keep === undefined ? '' : ` --keep '${keep.join(',')}'`;
  const left = without.length === 0 ? '' : ` --without ${without.join(',')}`;
  print(`To see it again: npm run sim -- --seed ${seed} --trace${kept}${left}`);
}

/** Plays the hard histories that begin with this text, each variant with these seeds. */
function playNamed(name: string, seeds: readonly number[], isTraced: boolean): boolean {
  let failures = 0;
  for (const history of [...hardHistories, ...regressions].filter((it) => it.name.startsWith(name))) {
    for (const variant of history.variants) {
      for (const seed of seeds) {
        const { violations, trace } = runHistory(variant.options(seed), isTraced, variant.complaint);
        const title = `${history.name}, ${variant.name}`;
        if (isTraced) print(`${title}\n${trace?.text ?? ''}`);
        const [violation] = violations;
        if (violation === undefined) continue;
        failures += 1;
        print(`BROKEN: ${title}, seed ${seed}: ${violation.checker}: ${violation.text}`);
      }
    }
  }
  print(`${failures} failed`);
  return failures === 0;
}

async function playDrawn(firstSeed: number, { histories = 1000, workers, keepsGoing }: CommandOptions) {
  const startedAt = performance.now();
  const share = { firstSeed, histories, stopsAtFinding: !keepsGoing };
  const figures = await playAll(new URL(import.meta.url), share, workers);
  const { findings } = figures;
  print(`${figuresAsText(figures, performance.now() - startedAt)}\n`);
  for (const checker of new Set(findings.map((it) => it.checker))) {
    const found = findings.filter((it) => it.checker === checker);
    print(`BROKEN ${found.length} times: ${checker}`);
    for (const { seed, text } of found.slice(0, toldSeeds)) print(`  seed ${seed}: ${text}`);
    if (found.length > toldSeeds)
      print(`  and seeds${inLines(found.slice(toldSeeds).map(({ seed }) => seed))}`);
    for (const first of found.slice(0, 1)) tellFinding(first, !keepsGoing);
  }
  print(`${figures.histories - findings.length} passed, ${findings.length} failed (first seed ${firstSeed})`);
  return findings.length === 0;
}

/** @returns whether it succeeded */
async function main(options: CommandOptions): Promise<boolean> {
  const { seed, named, mutant, isTraced, simplification, histories } = options;
  const isOne = isTraced && seed !== undefined;
  if (named !== undefined) {
    return playNamed(named, seed !== undefined ? [seed] : isTraced ? [1] : [1, 2, 3, 4, 5], isTraced);
  }
  if (isOne) return tellSeed(seed, simplification) === (mutant === undefined);
  if (mutant !== undefined) {
    const caught = hunt(mutant, { firstSeed: seed, limit: histories }, print);
    if (caught !== undefined && isTraced) tellStory(caught.where, caught.options, caught.complaint);
    return caught !== undefined;
  }
  const firstSeed = seed ?? Math.floor(Math.random() * 2 ** 48);
  return isTraced ? tellSeed(firstSeed, simplification) : playDrawn(firstSeed, options);
}

/** @returns the exit code */
async function run(): Promise<number> {
  let options: CommandOptions | undefined;
  try {
    options = readOptions(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${usage}\n`);
    return 2;
  }
  if (options === undefined) {
    print(usage);
    return 0;
  }
  return (await main(options)) ? 0 : 1;
}

if (isMainThread) process.exitCode = await run();
else playShare(workerData as Share);
