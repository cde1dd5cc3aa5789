/** `npm run sim`: plays many histories, or one with its story, and prints what was found. */
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { hunt } from './mutants/hunt.ts';
import { hardHistories } from './hard-histories/all.ts';
import { drawHistory } from './history/draw.ts';
import { runHistory } from './history/run-history.ts';
import { shrink } from './history/shrink.ts';
import { allHardships, type Hardship, simplify, type Simplification } from './history/simplify.ts';
import {
  addHistory,
  emptyFigures,
  type Finding,
  figuresAsText,
  mergeFigures,
  type RunFigures,
} from './report.ts';

/** Histories that a worker plays between two reports. */
const batch = 20;

interface Share {
  readonly firstSeed: number;
  readonly histories: number;
  readonly every: number;
  readonly stopsAtFinding: boolean;
}

function playShare({ firstSeed, histories, every, stopsAtFinding }: Share): void {
  let figures = emptyFigures();
  for (let index = 0; index < histories; index += 1) {
    const seed = firstSeed + index * every;
    const options = drawHistory(seed);
    addHistory(figures, seed, options.endAtMs, runHistory(options, false));
    const isOver = stopsAtFinding && figures.findings.length > 0;
    if (isOver || figures.histories >= batch || index === histories - 1) {
      parentPort?.postMessage(figures);
      figures = emptyFigures();
    }
    if (isOver) return;
  }
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

async function playAll(
  seed: number,
  histories: number,
  workers: number,
  stopsAtFinding: boolean,
): Promise<RunFigures> {
  const all = emptyFigures();
  const playing = Array.from({ length: workers }, (_, index) => {
    const share: Share = {
      firstSeed: seed + index,
      histories: Math.floor((histories - index + workers - 1) / workers),
      every: workers,
      stopsAtFinding,
    };
    const worker = new Worker(new URL(import.meta.url), { workerData: share });
    return {
      worker,
      ended: new Promise<void>((resolve, reject) =>
        worker.once('exit', () => resolve()).once('error', reject),
      ),
    };
  });
  for (const { worker } of playing) {
    worker.on('message', (figures: RunFigures) => {
      mergeFigures(all, figures);
      if (process.stderr.isTTY) process.stderr.write(`\r${all.histories} of ${histories} histories `);
      if (stopsAtFinding && all.findings.length > 0)
        for (const other of playing) void other.worker.terminate();
    });
  }
  await Promise.all(playing.map(({ ended }) => ended));
  return all;
}

function tellStory(seed: number, simplification: Simplification): boolean {
  const options = simplify(drawHistory(seed), simplification);
  const { violations, trace } = runHistory(options, true);
  print(`History ${seed}: ${options.nodes.length} nodes, ${options.faults.length} faults`);
  for (const { id, isWitness, settings } of options.nodes) {
    print(
      `  node ${id}${isWitness ? ' (witness)' : ''}: lease ${settings.leaseMs} ms, priority ${settings.priority}`,
    );
  }
  print(trace?.text ?? '');
  print(
    violations.length === 0
      ? `No promise was broken. Hash ${trace?.hash}`
      : `Broken: ${violations[0]?.checker}`,
  );
  return violations.length === 0;
}

function tellFinding({ seed, checker }: Finding, tracesIt: boolean): void {
  const simplification = shrink(drawHistory(seed), checker);
  if (tracesIt) tellStory(seed, simplification);
  const { keep, without } = simplification;
  const options = `${keep === undefined ? '' : ` --keep '${keep.join(',')}'`}${without.length === 0 ? '' : ` --without ${without.join(',')}`}`;
  print(`To see it again: npm run sim -- --seed ${seed} --trace${options}`);
}

/** Plays the named histories that begin with this text, each variant with these seeds. */
function playNamed(name: string, seeds: readonly number[], isTraced: boolean): boolean {
  let failures = 0;
  for (const history of hardHistories.filter((it) => it.name.startsWith(name))) {
    for (const variant of history.variants) {
      for (const seed of seeds) {
        const { violations, trace } = runHistory(variant.options(seed), isTraced, variant.complaint);
        if (isTraced) print(`${history.name}, ${variant.name}\n${trace?.text ?? ''}`);
        const [violation] = violations;
        if (violation !== undefined) {
          failures += 1;
          print(
            `BROKEN: ${history.name}, ${variant.name}, seed ${seed}: ${violation.checker}: ${violation.text}`,
          );
        }
      }
    }
  }
  print(`${failures} failed`);
  return failures === 0;
}

function readSimplification(keep: string | undefined, without: string | undefined): Simplification {
  return {
    keep: keep === undefined ? undefined : keep.split(',').filter(Boolean).map(Number),
    without: (without ?? '')
      .split(',')
      .filter((word): word is Hardship => (allHardships as string[]).includes(word)),
  };
}

async function main(): Promise<boolean> {
  const { values } = parseArgs({
    options: {
      histories: { type: 'string', default: '1000' },
      seed: { type: 'string' },
      named: { type: 'string' },
      trace: { type: 'boolean', default: false },
      keep: { type: 'string' },
      without: { type: 'string' },
      mutant: { type: 'string' },
      limit: { type: 'string' },
      workers: { type: 'string', default: '1' },
      'keep-going': { type: 'boolean', default: false },
    },
  });
  const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 48) : Number(values.seed);
  if (values.named !== undefined) {
    const seeds = values.seed !== undefined ? [seed] : values.trace ? [1] : [1, 2, 3, 4, 5];
    return playNamed(values.named, seeds, values.trace);
  }
  if (values.trace) return tellStory(seed, readSimplification(values.keep, values.without));
  if (values.mutant !== undefined)
    return hunt(values.mutant, values.limit === undefined ? undefined : Number(values.limit), print);
  const startedAt = performance.now();
  const stopsAtFinding = !values['keep-going'];
  const figures = await playAll(seed, Number(values.histories), Number(values.workers), stopsAtFinding);
  print(figuresAsText(figures, performance.now() - startedAt));
  print('');
  const byChecker = new Map<string, Finding[]>();
  for (const finding of figures.findings)
    byChecker.set(finding.checker, [...(byChecker.get(finding.checker) ?? []), finding]);
  for (const [checker, findings] of byChecker) {
    print(`BROKEN ${findings.length} times: ${checker}`);
    for (const { seed: failed, text } of findings.slice(0, 5)) print(`  seed ${failed}: ${text}`);
    const [first] = findings;
    if (first !== undefined) tellFinding(first, stopsAtFinding);
  }
  print(
    `${figures.histories - figures.findings.length} passed, ${figures.findings.length} failed (first seed ${seed})`,
  );
  return figures.findings.length === 0;
}

if (isMainThread) process.exitCode = (await main()) ? 0 : 1;
else playShare(workerData as Share);
