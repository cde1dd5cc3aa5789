/** The figures of a run: what was played, what it cost in availability, what was found. */
import type { AvailabilityFigures } from './checkers/availability.ts';
import type { Needless } from './checkers/watcher.ts';
import type { HistoryResult } from './history/run-history.ts';

const seedsInLine = 10;

export interface Finding {
  readonly seed: number;
  readonly checker: string;
  readonly text: string;
}

export interface RunFigures {
  histories: number;
  steps: number;
  virtualMs: number;
  readonly findings: Finding[];
  readonly outages: Map<string, number[]>;
  readonly lost: Map<string, number>;
  readonly counts: Map<string, number>;
}

export function emptyFigures(): RunFigures {
  return {
    histories: 0,
    steps: 0,
    virtualMs: 0,
    findings: [],
    outages: new Map(),
    lost: new Map(),
    counts: new Map(),
  };
}

export function addHistory(
  figures: RunFigures,
  seed: number,
  virtualMs: number,
  result: HistoryResult,
): void {
  figures.histories += 1;
  figures.steps += result.steps;
  figures.virtualMs += virtualMs;
  const [violation] = result.violations;
  if (violation !== undefined)
    figures.findings.push({ seed, checker: violation.checker, text: violation.text });
  addAvailability(figures, result.availability);
}

function addAvailability(figures: RunFigures, { outages, lost, counts }: AvailabilityFigures): void {
  for (const [kind, ms] of outages) {
    const known = figures.outages.get(kind);
    if (known === undefined) figures.outages.set(kind, [ms]);
    else known.push(ms);
  }
  for (const [kind, commits] of lost) add(figures.lost, kind, commits);
  for (const [name, count] of Object.entries(counts)) add(figures.counts, name, count);
}

export function mergeFigures(into: RunFigures, from: RunFigures): void {
  into.histories += from.histories;
  into.steps += from.steps;
  into.virtualMs += from.virtualMs;
  into.findings.push(...from.findings);
  for (const [kind, times] of from.outages)
    into.outages.set(kind, [...(into.outages.get(kind) ?? []), ...times]);
  for (const [kind, count] of from.lost) add(into.lost, kind, count);
  for (const [name, count] of from.counts) add(into.counts, name, count);
}

function add(counts: Map<string, number>, name: string, count: number): void {
  counts.set(name, (counts.get(name) ?? 0) + count);
}

export function figuresAsText(figures: RunFigures, elapsedMs: number): string {
  const { histories, steps, virtualMs } = figures;
  const seconds = Math.max(elapsedMs, 1) / 1000;
  const acknowledged = figures.counts.get('commits acknowledged') ?? 0;
  return [
    `${histories} histories, ${Math.round(virtualMs / 1000)} virtual seconds, ${steps} steps of the core in ` +
      `${seconds.toFixed(1)} s: ${(histories / seconds).toFixed(0)} histories/s`,
    '',
    'From the fault to the next primary, where a cluster of three or more was well before (virtual seconds):',
    row('fault', ['count', 'median', 'p99', 'max']),
    ...[...figures.outages].sort(byName).map(([kind, times]) => row(kind, outageColumns(times))),
    '',
    `Acknowledged commits that a later primary lacked, of ${acknowledged}, by what their primary had met last;`,
    'alone: the whole cluster was well before, and nothing else happened:',
    ...(figures.lost.size === 0 ? ['  none'] : []),
    ...[...figures.lost].sort(byName).map(([kind, count]) => row(kind, [String(count)])),
    '',
    'Begun though the primary served and a quorum reached it, of all:',
    ...needlessRows(figures.counts),
    '',
    'What happened how often:',
    ...[...figures.counts].sort(byName).map(([name, count]) => row(name, [String(count)])),
  ].join('\n');
}

function needlessRows(counts: ReadonlyMap<string, number>): string[] {
  const of = (name: string) => counts.get(name) ?? 0;
  const line = (what: Needless, all: number) => row(what, [String(of(`needless ${what}`)), `of ${all}`]);
  return [
    line('failover', of('decision promote')),
    line('fence', of('decision fence')),
    line('hold', of('decision hold')),
  ];
}

function outageColumns(times: readonly number[]): string[] {
  const sorted = [...times].sort((one, other) => one - other);
  const at = (share: number) => ((sorted[Math.floor((sorted.length - 1) * share)] ?? 0) / 1000).toFixed(2);
  return [String(sorted.length), at(0.5), at(0.99), at(1)];
}

function row(name: string, columns: readonly string[]): string {
  return `  ${name.padEnd(28)}${columns.map((column) => column.padStart(10)).join('')}`;
}

/** So many seeds to a line, each line indented. */
export function inLines(seeds: readonly number[]): string {
  const lines = Array.from({ length: Math.ceil(seeds.length / seedsInLine) }, (_, index) =>
    seeds.slice(index * seedsInLine, (index + 1) * seedsInLine).join(' '),
  );
  return lines.map((line) => `\n    ${line}`).join('');
}

function byName(one: readonly [string, unknown], other: readonly [string, unknown]): number {
  return one[0] < other[0] ? -1 : 1;
}
