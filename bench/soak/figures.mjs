// What the repmgrds of a sandbox and their servers hold at a moment, and whether that grows.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Loaded into each repmgrd: after a full collection it writes how much of the heap is in use, but for compiled code, of
 * which V8 makes more for a quarter of an hour.
 */
export const heapReporter = `
const { PerformanceObserver, constants } = require('node:perf_hooks');
const { writeFileSync } = require('node:fs');
const { getHeapCodeStatistics } = require('node:v8');
const dataInUse = () => process.memoryUsage().heapUsed - getHeapCodeStatistics().code_and_metadata_size;
if (process.argv[1]?.endsWith('repmgrd.js')) {
  const observer = new PerformanceObserver((list) => {
    const isFull = list.getEntries().some(({ detail }) => detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR);
    if (isFull) writeFileSync(process.cwd() + '/heap.' + process.pid, String(dataInUse()));
  });
  observer.observe({ entryTypes: ['gc'] });
}
`;

/**
 * For each node: `pid`, `memory` and `heap` (MB, the latter undefined before the first full collection), `descriptors`
 * of its repmgrd; `connections` of its server that are not the load's; `processes` that name its configuration file or
 * data directory, but for those of the server.
 */
export async function figuresOf(sandbox) {
  const processes = await listProcesses();
  return await Promise.all(
    sandbox.nodes.map(async ({ id, configFile, dataDirectory }) => {
      const own = processes.filter(
        ({ words }) => words.includes(configFile) || words.includes(dataDirectory),
      );
      const beside = own.filter(({ words }) => !words[0].endsWith('/postgres'));
      const pid = own.find(({ words }) => words.some((word) => word.endsWith('/repmgrd.js')))?.pid;
      const [row] = await sandbox.query(id, connectionCount);
      return { ...(await memoryOf(sandbox, pid)), pid, connections: row.count, processes: beside.length };
    }),
  );
}

const connectionCount = `SELECT count(*)::integer AS count FROM pg_stat_activity
  WHERE backend_type IN ('client backend', 'walsender') AND application_name <> 'soak' AND pid <> pg_backend_pid()`;

async function listProcesses() {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const commands = await Promise.all(
    pids.map(async (pid) => {
      const text = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      return { pid, words: text.split('\0') };
    }),
  );
  return commands.filter(({ pid }) => pid !== process.pid);
}

async function memoryOf({ directory }, pid) {
  if (pid === undefined) return {};
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const heap = Number(await readFile(join(directory, `heap.${pid}`), 'utf8').catch(() => '0'));
  const descriptors = await readdir(`/proc/${pid}/fd`).catch(() => []);
  return {
    memory: Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) / 1024,
    heap: heap === 0 ? undefined : heap / 1024 / 1024,
    descriptors: descriptors.length,
  };
}

/**
 * The slope of a figure over time, in one line: by least squares within the life of each process, after its first
 * minutes, taken together; with twice its standard error. A figure is flat where that does not tell it from 0.
 */
export function trend(rounds, name, warmUpMinutes) {
  const series = new Map();
  for (const { minute, figures } of rounds) {
    for (const [index, figure] of figures.entries()) {
      if (figure[name] === undefined) continue;
      const life = `${index} ${figure.pid}`;
      series.set(life, [...(series.get(life) ?? []), { minute, value: figure[name] }]);
    }
  }
  const lives = [...series.values()]
    .map((points) => points.filter(({ minute }) => minute >= points[0].minute + warmUpMinutes))
    .filter((points) => points.length > 2);
  const all = [...series.values()].flat().map(({ value }) => value);
  const range = `from ${Math.min(...all).toFixed(1)} to ${Math.max(...all).toFixed(1)}`;
  const points = lives.flatMap(aroundItsMean);
  const squares = sum(points.map(({ minute }) => minute ** 2));
  const slope = sum(points.map(({ minute, value }) => minute * value)) / squares;
  const residue = sum(points.map(({ minute, value }) => (value - slope * minute) ** 2));
  const error = Math.sqrt(residue / Math.max(1, points.length - lives.length - 1) / squares);
  if (lives.length === 0) return `${name}: ${range}; no process lived long enough for a trend`;
  const perHour = `${(slope * 60).toFixed(2)} an hour, give or take ${(2 * error * 60).toFixed(2)}`;
  const verdict = slope > 2 * error ? 'GROWS' : 'flat';
  return `${name}: ${range}; ${perHour}, ${points.length} figures of ${lives.length} lives: ${verdict}`;
}

function aroundItsMean(points) {
  const minute = sum(points.map((point) => point.minute)) / points.length;
  const value = sum(points.map((point) => point.value)) / points.length;
  return points.map((point) => ({ minute: point.minute - minute, value: point.value - value }));
}

function sum(numbers) {
  return numbers.reduce((total, number) => total + number, 0);
}
