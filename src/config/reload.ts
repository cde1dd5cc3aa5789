/** What SIGHUP may change: the parameters that the table calls reloadable. Pure. */
import type { Config } from './config.ts';
import { parameters } from './parameters.ts';

export interface Reloaded {
  /** The new values of what may change while a program runs, the old ones of all else. */
  readonly config: Config;
  /** Names of parameters that were changed and wait for a restart. */
  readonly waiting: readonly string[];
}

export function reloadedConfig(before: Config, after: Config): Reloaded {
  const valuesBefore = new Map<string, unknown>(Object.entries(before));
  const valuesAfter = new Map<string, unknown>(Object.entries(after));
  const fixed = parameters.filter(
    (parameter) =>
      !('isReloadable' in parameter) &&
      !isSame(valuesBefore.get(parameter.property), valuesAfter.get(parameter.property)),
  );
  const kept = Object.fromEntries(fixed.map(({ property }) => [property, valuesBefore.get(property)]));
  return { config: { ...after, ...kept }, waiting: fixed.map(({ name }) => name) };
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
