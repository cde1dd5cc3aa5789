/** Simpler versions of a history: some of its faults only, and without some of what makes life hard besides. */
import { goodHabits } from '../postgres/server-habits.ts';
import type { HistoryOptions } from './options.ts';

export interface Simplification {
  /** Which faults stay, by their place in the list; undefined: all. */
  readonly keep: readonly number[] | undefined;
  readonly without: readonly Hardship[];
}

export const unchanged: Simplification = { keep: undefined, without: [] };

export type Hardship = keyof typeof hardships;

const hardships = {
  loss: (options: HistoryOptions) => withLink(options, { lossChance: 0, duplicateChance: 0 }),
  lateness: (options: HistoryOptions) => withLink(options, { lateChance: 0 }),
  distance: (options: HistoryOptions) => withLink(options, { delayMs: 1, jitterMs: 0.1 }),
  habits: (options: HistoryOptions): HistoryOptions => ({ ...options, habits: goodHabits(options.habits) }),
  clients: (options: HistoryOptions): HistoryOptions => ({
    ...options,
    clients: { ...options.clients, intervalMs: 0 },
  }),
  drift: (options: HistoryOptions) => withHosts(options, { clockRate: 1 }),
  slowDisks: (options: HistoryOptions) => withHosts(options, { disk: { syncMs: 1, slowChance: 0 } }),
} satisfies Record<string, (options: HistoryOptions) => HistoryOptions>;

export const allHardships = Object.keys(hardships) as Hardship[];

export function simplify(options: HistoryOptions, { keep, without }: Simplification): HistoryOptions {
  const faults =
    keep === undefined ? options.faults : options.faults.filter((_, index) => keep.includes(index));
  return without.reduce((simpler, hardship) => hardships[hardship](simpler), { ...options, faults });
}

function withLink(options: HistoryOptions, change: Partial<HistoryOptions['link']>): HistoryOptions {
  return { ...options, link: { ...options.link, ...change } };
}

function withHosts(
  options: HistoryOptions,
  change: Partial<HistoryOptions['nodes'][number]['host']>,
): HistoryOptions {
  return { ...options, nodes: options.nodes.map((node) => ({ ...node, host: { ...node.host, ...change } })) };
}
