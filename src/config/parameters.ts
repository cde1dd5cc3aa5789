/**
 * Every parameter of repmgr.conf: its names, type, default, range and meaning. The configuration reference and
 * `repmgr.conf.sample` are generated from this table, and the type `Config` follows from it.
 */
import { cloningParameters } from './parameters/cloning.ts';
import { commandParameters } from './parameters/commands.ts';
import { eventParameters } from './parameters/events.ts';
import { failoverParameters } from './parameters/failover.ts';
import { identityParameters } from './parameters/identity.ts';
import { leaseParameters } from './parameters/lease.ts';
import { loggingParameters } from './parameters/logging.ts';
import { monitoringParameters } from './parameters/monitoring.ts';
import type { Parameter } from './parameters/parameter.ts';
import { programParameters } from './parameters/programs.ts';

/** In the order of the documentation. */
export const parameterGroups = [
  { title: 'The node', parameters: identityParameters },
  { title: 'Log', parameters: loggingParameters },
  { title: 'Event notifications', parameters: eventParameters },
  { title: 'Programs and services', parameters: programParameters },
  { title: 'Cloning and recovery settings', parameters: cloningParameters },
  { title: 'Commands', parameters: commandParameters },
  { title: 'Monitoring by repmgrd', parameters: monitoringParameters },
  { title: 'Failover', parameters: failoverParameters },
  { title: 'Lease and fencing', parameters: leaseParameters },
] as const satisfies readonly { readonly title: string; readonly parameters: readonly Parameter[] }[];

export type KnownParameter = (typeof parameterGroups)[number]['parameters'][number];

export const parameters: readonly Parameter[] = parameterGroups.flatMap(
  (group): readonly Parameter[] => group.parameters,
);

const parameterByName: ReadonlyMap<string, Parameter> = new Map(
  parameters.flatMap((parameter) =>
    [parameter.name, ...(parameter.spellings ?? [])].map((name) => [name, parameter] as const),
  ),
);

/** @returns the parameter that is spelt so (the spellings of repmgr 3, 4 and 5 are equal), if it exists. */
export function findParameter(name: string): Parameter | undefined {
  return parameterByName.get(name);
}

/** All names under which parameters are known. */
export function parameterNames(): readonly string[] {
  return [...parameterByName.keys()];
}
