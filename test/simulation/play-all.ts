/** Plays many histories, shared out among worker threads. */
import { parentPort, Worker } from 'node:worker_threads';
import { drawHistory } from './history/draw.ts';
import { runHistory } from './history/run-history.ts';
import { addHistory, emptyFigures, mergeFigures, type RunFigures } from './report.ts';

/** Histories that a worker plays between two reports. */
const batch = 20;
/** Nearly everything is garbage soon: with less room the collector takes a tenth of the time. */
const youngGenerationMb = 192;

/** Every so many histories from a seed on. */
export interface Share {
  readonly firstSeed: number;
  readonly histories: number;
  readonly every: number;
  readonly stopsAtFinding: boolean;
}

export async function playAll(
  program: URL,
  share: Omit<Share, 'every'>,
  workers: number,
): Promise<RunFigures> {
  const all = emptyFigures();
  const playing = Array.from({ length: workers }, (_, index) => {
    const workerData: Share = {
      ...share,
      firstSeed: share.firstSeed + index,
      histories: Math.floor((share.histories - index + workers - 1) / workers),
      every: workers,
    };
    const resourceLimits = { maxYoungGenerationSizeMb: youngGenerationMb };
    const worker = new Worker(program, { workerData, resourceLimits });
    const ended = new Promise<void>((resolve, reject) =>
      worker.once('exit', () => resolve()).once('error', reject),
    );
    return { worker, ended };
  });
  for (const { worker } of playing) {
    worker.on('message', (figures: RunFigures) => {
      mergeFigures(all, figures);
      if (process.stderr.isTTY) process.stderr.write(`\r${all.histories} of ${share.histories} histories `);
      if (!share.stopsAtFinding || all.findings.length === 0) return;
      for (const other of playing) void other.worker.terminate();
    });
  }
  await Promise.all(playing.map(({ ended }) => ended));
  return all;
}

/** A worker's part. */
export function playShare({ firstSeed, histories, every, stopsAtFinding }: Share): void {
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
