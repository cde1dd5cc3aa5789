/** Plays one history from its beginning to its end. */
import { Watchers, type Violation } from '../checkers/watcher.ts';
import { makeCheckers } from '../checkers/all.ts';
import { Availability, type AvailabilityFigures } from '../checkers/availability.ts';
import { Trace } from '../world/trace.ts';
import { World } from '../world/world.ts';
import { startClients } from './clients.ts';
import { scheduleFaults } from './inject.ts';
import type { HistoryOptions } from './options.ts';

export interface HistoryResult {
  readonly violations: readonly Violation[];
  readonly availability: AvailabilityFigures;
  readonly trace: Trace | undefined;
  readonly steps: number;
}

/** @param complaint what a named history wants at its end, besides what always must be */
export function runHistory(
  options: HistoryOptions,
  isTraced: boolean,
  complaint?: (world: World) => string | undefined,
): HistoryResult {
  const trace = isTraced ? new Trace() : undefined;
  const availability = new Availability();
  const watchers = new Watchers([...makeCheckers(), availability]);
  const world = new World(options, watchers, trace);
  watchers.begun(world);
  world.start();
  startClients(world);
  scheduleFaults(world);
  world.schedule.after(options.quietAtMs, undefined, () => world.repairEverything());
  try {
    world.schedule.runUntil(options.endAtMs);
  } catch (error) {
    // The core is total: an exception of it is a finding like any other.
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    watchers.violated(world, { name: 'no exception' }, text);
  }
  if (!world.schedule.isStopped) watchers.ended(world);
  const complains = watchers.violations.length === 0 ? complaint?.(world) : undefined;
  if (complains !== undefined) watchers.violated(world, { name: 'the story' }, complains);
  return { violations: watchers.violations, availability: availability.figures, trace, steps: world.steps };
}
