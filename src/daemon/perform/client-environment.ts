/** A conninfo as the environment of a program that uses libpq: unlike arguments, no list of processes shows it. */
import type { Conninfo } from '../../model/conninfo.ts';
import { environmentVariableOf } from '../../model/conninfo-keywords.ts';

/** Pure: what has no variable is left out. Home directory and password file are taken over. */
export function clientEnvironment(
  conninfo: Conninfo,
  environment: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string | undefined>> {
  const variables = Object.entries(conninfo).flatMap(([keyword, value]) => {
    const name = environmentVariableOf(keyword);
    return name === undefined ? [] : [[name, value] as const];
  });
  const { PATH, HOME, PGPASSFILE } = environment;
  return {
    PATH,
    HOME,
    ...(PGPASSFILE === undefined ? {} : { PGPASSFILE }),
    ...Object.fromEntries(variables),
  };
}
